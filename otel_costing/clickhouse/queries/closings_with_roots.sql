-- Which closings hold whose roots can be proved, and what did they freeze?
SELECT
    billing_period,
    change_id,
    toUnixTimestamp64Micro(closed_from) AS until_us,
    entries,
    roots,
    roots_digest
FROM closings
WHERE open_again_at > now64(6)
  AND roots_digest != ''
ORDER BY billing_period
