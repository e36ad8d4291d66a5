-- What was ever booked for the calls of a trace?
SELECT
    *,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM ledger FINAL
WHERE trace_id = {trace_id:String}
ORDER BY occurred_at, call_id, revision, sign
