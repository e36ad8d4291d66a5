count() AS all_runs,
countIf(run_calls_not_priced > 0) AS incomplete_runs,
arraySort(groupArrayIf(assumeNotNull(run_usd), run_calls_not_priced = 0)) AS ascending,
if(empty(ascending), NULL, ascending[intDiv(50 * length(ascending) + 99, 100)]) AS p50_usd,
if(empty(ascending), NULL, ascending[intDiv(95 * length(ascending) + 99, 100)]) AS p95_usd,
if(empty(ascending), NULL, ascending[intDiv(99 * length(ascending) + 99, 100)]) AS p99_usd,
if(empty(ascending), NULL, ascending[-1]) AS dearest_usd,
sumIf(run_usd, run_calls_not_priced = 0) / nullIf(length(ascending), 0) AS mean_usd
