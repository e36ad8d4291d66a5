-- What do the ledger, or the sightings, hold of the calls of these traces? What was booked first comes last.
SELECT
    *,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM {source:Identifier} FINAL
WHERE trace_id IN {trace_ids:Array(String)}
ORDER BY call_id, revision, sign, booked_first
