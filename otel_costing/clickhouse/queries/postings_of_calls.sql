-- What was ever booked for these calls, by which batch, when, and for which month?
SELECT
    *,
    toUnixTimestamp64Micro(booked_at) AS booked_us,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM {source:Identifier} FINAL
WHERE call_id IN {call_ids:Array(String)}
ORDER BY call_id, revision, sign DESC, entry_id
