-- What do these rates say, by each book that held them?
SELECT
    *,
    toUnixTimestamp64Nano(starts_at) AS starts_ns,
    toUnixTimestamp64Nano(ends_at) AS ends_ns
FROM rates FINAL
WHERE rate_id IN {rate_ids:Array(String)}
ORDER BY rate_id, rates_digest
