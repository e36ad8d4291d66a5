-- Which charges stand of these calls of one day, between two of them?
SELECT
    *,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM ledger FINAL
PREWHERE ended_on = {ended_on:Date}
  AND call_id >= {first:String}
  AND call_id <= {last:String}
  AND call_id IN (SELECT arrayJoin(splitByChar(' ', {call_ids:String})))
WHERE kind = 'charge'
  AND (call_id, revision) NOT IN
  (
      SELECT call_id, revision
      FROM ledger
      WHERE ended_on = {ended_on:Date}
        AND call_id >= {first:String}
        AND call_id <= {last:String}
        AND kind = 'reversal'
  )
ORDER BY call_id
