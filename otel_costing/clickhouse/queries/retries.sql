-- Which calls tried again what had failed, and what did they cost?
-- Of the spans under one parent and of one name, one tries again where the last that had ended before it began had
-- failed. A call does where a span that tells of it does, be it the booked one or a copy. An end lies after its start;
-- durations beyond all clocks are cut, so that no sum overflows.
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
attempts AS
(
    SELECT
        trace_id,
        span_id,
        parent_span_id,
        name,
        error,
        toUInt64(toUnixTimestamp64Nano(start)) AS start_ns,
        start_ns + toUInt64(greatest(least(duration_ms, 9000000000000) * 1000000, 1)) AS end_ns
    FROM spans FINAL
    WHERE trace_id IN (SELECT trace_id FROM spans WHERE error)
),
ends AS
(
    SELECT trace_id, parent_span_id, name, end_ns, max(error) AS has_failed
    FROM attempts
    GROUP BY trace_id, parent_span_id, name, end_ns
),
again AS
(
    SELECT attempt.trace_id AS trace_id, attempt.span_id AS span_id
    FROM attempts AS attempt
    ASOF INNER JOIN ends AS before
        ON before.trace_id = attempt.trace_id
       AND before.parent_span_id = attempt.parent_span_id
       AND before.name = attempt.name
       AND before.end_ns <= attempt.start_ns
    WHERE before.has_failed
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
