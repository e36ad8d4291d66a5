-- What did it cost to try again what had failed, and what was spent on work that failed? No such call cost nothing.
WITH
    {{time}},
    {{caller}},
    {{chosen_entries}},
    (
        SELECT groupUniqArray(trace_id)
        FROM spans
        WHERE error
          AND start >= fromUnixTimestamp64Nano(since_ns, 'UTC') - INTERVAL 1 DAY
          AND start < fromUnixTimestamp64Nano(until_ns, 'UTC')
    ) AS failing,
    again AS
    (
        SELECT trace_id, span_id
        FROM retrying_spans
        WHERE trace_id IN (SELECT arrayJoin(failing))
    ),
    lost AS
    (
        SELECT trace_id
        FROM spans FINAL
        WHERE parent_span_id = '' AND trace_id IN (SELECT arrayJoin(failing))
        GROUP BY trace_id
        HAVING argMin(error, (start, span_id))
    ),
    copies AS
    (
        SELECT call_id AS copy_id, of_call_id, ended_on
        FROM findings
        WHERE kind IN ('duplicate', 'wrapper') AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM again)
    ),
    copied_again AS
    (
        SELECT of_call_id
        FROM copies
        WHERE copy_id NOT IN
        (
            SELECT call_id
            FROM ledger FINAL
            WHERE (ended_on, call_id) IN (SELECT ended_on, copy_id FROM copies)
            GROUP BY call_id
            HAVING sum(sign) > 0
        )
    ),
    calls AS
    (
        SELECT
            workflow,
            total_usd,
            error_type != '' AS is_failed,
            trace_id IN (SELECT trace_id FROM lost) AS is_lost,
            (trace_id, span_id) IN (SELECT trace_id, span_id FROM again)
                OR call_id IN (SELECT of_call_id FROM copied_again) AS is_retry
        FROM chosen
        WHERE {{standing}}
    )
SELECT
    workflow AS workflow_name,
    count() AS all_calls,
    countIf(is_retry) AS retry_calls,
    if(retry_calls = 0, 0, sumIf(total_usd, is_retry)) AS retry_usd,
    countIf(is_failed) AS failed_calls,
    if(failed_calls = 0, 0, sumIf(total_usd, is_failed)) AS failed_usd,
    countIf(is_lost) AS lost_calls,
    if(lost_calls = 0, 0, sumIf(total_usd, is_lost)) AS lost_usd,
    sum(total_usd) AS all_usd
FROM calls
GROUP BY workflow_name
ORDER BY lost_usd DESC NULLS LAST, failed_usd DESC NULLS LAST, workflow_name
LIMIT 200
