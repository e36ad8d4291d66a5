-- Which calls that are booked does something contradict: a second version of them, or another call of their response?
-- Of the findings about one call, the latest holds.
WITH found AS
(
    SELECT
        call_id,
        argMax(detail, (found_at, finding_id)) AS last_detail
    FROM findings
    WHERE kind = 'conflict'
    GROUP BY call_id
)
SELECT
    if(JSONHas(found.last_detail, 'why'), JSONExtractString(found.last_detail, 'why'), 'content differs') AS why,
    costs.call_id AS call_id,
    costs.trace_id AS trace_id,
    costs.span_id AS span_id,
    costs.response_id AS response_id,
    costs.occurred_at AS occurred_at,
    costs.service AS service,
    costs.provider AS provider,
    costs.model AS model,
    costs.total_usd AS usd,
    toDecimal128OrNull(JSONExtractString(found.last_detail, 'total_usd'), 12) AS said_usd
FROM costs
INNER JOIN found ON found.call_id = costs.call_id
WHERE costs.sign = 1
  AND costs.call_id IN (SELECT call_id FROM findings WHERE kind = 'conflict')
  AND costs.occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND costs.occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
ORDER BY response_id, occurred_at, call_id
