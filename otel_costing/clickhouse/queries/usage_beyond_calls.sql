-- Which agents' spans sum up more usage than the calls that are known beneath them, and how much more?
-- Of the findings about one span the latest holds; where that says no more than the calls, the span is left out.
WITH found AS
(
    SELECT
        call_id,
        any(trace_id) AS of_trace_id,
        any(span_id) AS of_span_id,
        argMax(detail, (found_at, finding_id)) AS last_detail
    FROM findings
    WHERE kind = 'uncovered_usage'
    GROUP BY call_id
),
accounts AS
(
    SELECT
        call_id,
        any(service) AS of_service,
        any(scope) AS of_scope,
        any(agent) AS of_agent,
        any(ended_at) AS of_ended_at
    FROM
    (
        SELECT call_id, service, scope, agent, ended_at FROM sightings
        WHERE call_id IN (SELECT call_id FROM found)
        UNION ALL
        SELECT call_id, service, scope, agent, ended_at FROM ledger
        WHERE kind = 'charge' AND call_id IN (SELECT call_id FROM found)
    )
    GROUP BY call_id
)
SELECT
    found.of_trace_id AS trace_id,
    found.of_span_id AS span_id,
    accounts.of_ended_at AS ended_at,
    accounts.of_service AS service,
    accounts.of_agent AS agent,
    accounts.of_scope AS scope,
    JSONExtractInt(found.last_detail, 'aggregate', 'input') AS said_input,
    JSONExtractInt(found.last_detail, 'aggregate', 'output') AS said_output,
    JSONExtractInt(found.last_detail, 'beneath', 'input') AS beneath_input,
    JSONExtractInt(found.last_detail, 'beneath', 'output') AS beneath_output
FROM found
INNER JOIN accounts ON accounts.call_id = found.call_id
WHERE (said_input > beneath_input OR said_output > beneath_output)
  AND accounts.of_ended_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND accounts.of_ended_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
ORDER BY (said_input - beneath_input) + (said_output - beneath_output) DESC, trace_id, span_id
