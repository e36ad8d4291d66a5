coalesce(nullIf({{column}}, ''), 'unattributed')
