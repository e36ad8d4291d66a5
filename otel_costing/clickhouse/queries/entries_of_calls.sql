-- What do the ledger, or the sightings, hold of these calls of one day, between two of them? What was booked first comes last.
SELECT
    *,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM {source:Identifier} FINAL
PREWHERE ended_on = {ended_on:Date}
  AND call_id >= {first:String}
  AND call_id <= {last:String}
  AND call_id IN (SELECT arrayJoin(splitByChar(' ', {call_ids:String})))
ORDER BY call_id, revision, sign, booked_first
