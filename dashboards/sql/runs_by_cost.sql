-- How many runs cost how much? Runs with a call that has no full price are none of these.
WITH
    {{time_of_runs}},
    {{caller}},
    {{runs}},
    arrayMap(
        text -> toDecimal128(text, 12),
        [
            '0.00001', '0.00002', '0.00005', '0.0001', '0.0002', '0.0005', '0.001', '0.002', '0.005', '0.01', '0.02', '0.05',
            '0.1', '0.2', '0.5', '1', '2', '5', '10', '20', '50', '100', '200', '500', '1000', '1000000000000'
        ]
    ) AS limits
SELECT cost, all_runs
FROM
(
    SELECT
        arrayFirst(most -> assumeNotNull(run_usd) <= most, limits) AS up_to_usd,
        if(up_to_usd = limits[-1], 'more', concat('up to ', toString(up_to_usd))) AS cost,
        count() AS all_runs
    FROM runs
    WHERE run_calls_not_priced = 0
    GROUP BY up_to_usd
)
ORDER BY up_to_usd
