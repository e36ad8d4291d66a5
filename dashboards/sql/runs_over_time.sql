-- What did a run cost over time, usually and at worst? A percentile is what one of the runs cost, of those priced in full.
WITH
    {{time_of_runs}},
    {{caller}},
    {{runs}},
    buckets AS
    (
        SELECT
            $__timeInterval(fromUnixTimestamp64Nano(began_ns, 'UTC')) AS time,
            {{percentiles}}
        FROM runs
        GROUP BY time
    )
SELECT time, mean_usd, p50_usd, p95_usd, p99_usd
FROM buckets
ORDER BY time
