-- What was ever booked for the calls of a trace? Of two rows of one entry the first booked holds, as with FINAL, which would
-- look for copies in parts that have none.
SELECT
    *,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM
(
    SELECT *
    FROM ledger
    WHERE trace_id = {trace_id:String}
    ORDER BY booked_first DESC
    LIMIT 1 BY ended_on, call_id, entry_id
)
ORDER BY occurred_at, call_id, revision, sign
