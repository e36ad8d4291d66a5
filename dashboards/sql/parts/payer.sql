'${payer:queryparam}' = 'var-payer=caller' AS caller_pays,
caller_pays AS with_roots
