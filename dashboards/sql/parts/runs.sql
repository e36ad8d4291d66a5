{{chosen_entries}},
runs AS
(
    -- A run counts whole where its first call ended; its calls are looked for a day before and after.
    SELECT
        run_id AS run,
        argMin(workflow, (workflow = 'unattributed', occurred_at, call_id)) AS of_workflow,
        argMin(trace_id, (occurred_at, trace_id)) AS first_trace_id,
        toUnixTimestamp64Nano(min(occurred_at)) AS began_ns,
        sum(total_usd) AS run_usd,
        count() AS run_calls,
        countIf(error_type != '') AS run_failed_calls,
        countIf(status != 'priced') AS run_calls_not_priced
    FROM chosen
    WHERE {{standing}}
    GROUP BY run
    HAVING began_ns >= began_since_ns AND began_ns < began_until_ns
)
