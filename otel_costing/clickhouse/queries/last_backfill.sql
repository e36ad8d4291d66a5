-- How far did the last run of this backfill come?
SELECT
    toUnixTimestamp64Nano(begun_at) AS begun_ns,
    toUnixTimestamp64Nano(read_until) AS read_until_ns,
    toUnixTimestamp64Nano(ends_at) AS ends_ns,
    spans,
    finished
FROM backfills
WHERE backfill_id = {backfill_id:String}
ORDER BY begun_at DESC, read_until DESC, finished DESC
LIMIT 1
