-- What was ever booked for a call? Without days all are looked through.
SELECT
    *,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM ledger FINAL
WHERE call_id = {call_id:String}
  AND (empty({days:Array(Date)}) OR ended_on IN {days:Array(Date)})
ORDER BY revision, sign DESC, entry_id
