-- Which runs cost the most?
WITH
    {{time_of_runs}},
    {{caller}},
    {{runs}}
SELECT
    fromUnixTimestamp64Nano(began_ns, 'UTC') AS began_at,
    of_workflow AS workflow_name,
    run,
    first_trace_id AS trace_id,
    run_usd,
    run_calls,
    run_failed_calls,
    run_calls_not_priced
FROM runs
ORDER BY run_usd DESC NULLS LAST, run
LIMIT 50
