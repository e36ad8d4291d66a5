coalesce(nullIf(if(caller_pays, origin_{{column}}, {{column}}), ''), 'unattributed')
