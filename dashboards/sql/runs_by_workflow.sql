-- What does one run of each workflow cost, usually and at worst?
WITH
    {{time_of_runs}},
    {{caller}},
    {{runs}},
    groups AS
    (
        SELECT
            of_workflow AS workflow_name,
            {{percentiles}},
            sum(run_usd) AS total_usd
        FROM runs
        GROUP BY workflow_name
    )
SELECT workflow_name, all_runs, incomplete_runs, mean_usd, p50_usd, p95_usd, p99_usd, dearest_usd, total_usd
FROM groups
ORDER BY total_usd DESC NULLS LAST, workflow_name
LIMIT 200
