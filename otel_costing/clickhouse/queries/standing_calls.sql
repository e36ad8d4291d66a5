-- Which charges stand, of those that meet up to six conditions, or that are named?
-- An unused condition is on `nothing`.
SELECT
    call_id,
    trace_id
FROM (SELECT *, '' AS nothing FROM costs)
WHERE kind = 'charge'
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
  AND (empty({call_ids:Array(String)}) OR call_id IN {call_ids:Array(String)})
  AND (NOT {only_quarantined:Bool} OR mapContains(tags, 'quarantine'))
  AND {{conditions}}
ORDER BY trace_id, call_id
