-- How many spans were not charged because another one told of their call, by the two instrumentations?
-- A finding holds while its span is not charged and the call it names is; of several that hold, the latest.
WITH absorbed AS
(
    SELECT
        call_id,
        argMax((kind, of_call_id, JSONExtractString(detail, 'scope')), (found_at, finding_id)) AS copy
    FROM findings
    WHERE kind IN ('duplicate', 'wrapper')
      AND call_id NOT IN (SELECT call_id FROM costs)
      AND of_call_id IN (SELECT call_id FROM costs)
    GROUP BY call_id
)
SELECT
    absorbed.copy.1 AS kind,
    absorbed.copy.3 AS absorbed_scope,
    costs.scope AS booked_scope,
    count() AS spans
FROM absorbed
INNER JOIN costs ON costs.call_id = absorbed.copy.2
WHERE costs.sign = 1
  AND costs.occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND costs.occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
GROUP BY kind, absorbed_scope, booked_scope
ORDER BY spans DESC, kind, absorbed_scope, booked_scope
