-- Which calls tried again what had failed, and what did they cost?
-- `retrying_spans` says which spans do. A call does where a span that tells of it does, be it the booked one or a copy.
WITH calls AS
(
    SELECT call_id, trace_id, span_id, service, provider, model, status, sign, total_usd
    FROM costs
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
),
told AS
(
    SELECT call_id, trace_id, span_id
    FROM calls
    UNION ALL
    SELECT of_call_id AS call_id, trace_id, span_id
    FROM findings
    WHERE kind IN ('duplicate', 'wrapper')
      AND findings.call_id NOT IN (SELECT call_id FROM costs)
),
again AS
(
    SELECT trace_id, span_id
    FROM retrying_spans
    WHERE trace_id IN (SELECT trace_id FROM spans WHERE error)
)
SELECT
    service,
    provider,
    model,
    sum(sign) AS calls,
    sum(total_usd) AS usd,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls
FROM calls
WHERE call_id IN (SELECT call_id FROM told WHERE (trace_id, span_id) IN (SELECT trace_id, span_id FROM again))
GROUP BY service, provider, model
ORDER BY usd DESC NULLS LAST, service, provider, model
