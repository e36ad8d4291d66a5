{{names_of_work}},
coalesce(nullIf(provider, ''), 'unattributed') AS provider,
coalesce(nullIf(model, ''), 'unattributed') AS model
