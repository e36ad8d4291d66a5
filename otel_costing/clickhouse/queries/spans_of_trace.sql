-- Which spans does a trace have? Of two rows of one span the first received holds, as in `entries_of_trace`.
SELECT
    trace_id,
    span_id,
    parent_span_id,
    name,
    kind,
    service,
    team,
    workflow,
    workflow_run_id,
    feature,
    toUnixTimestamp64Nano(start) AS start_ns,
    duration_ms,
    start_ns + duration_ms * 1000000 AS ended_ns,
    error AS failed,
    links,
    authenticated_team
FROM
(
    SELECT *
    FROM spans
    WHERE trace_id = {trace_id:String}
    ORDER BY received_first DESC
    LIMIT 1 BY span_id
)
ORDER BY start_ns, span_id
