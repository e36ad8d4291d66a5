-- What was booked after one instant and until another, by cause, model and team? What the ledger was known to hold at
-- the first, and this, is what it was known to hold at the second.
SELECT
    cause,
    model,
    team,
    sum(sign) AS calls,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
    sum(total_usd) AS usd
FROM ledger FINAL
WHERE booked_at > fromUnixTimestamp64Micro({after_us:Int64}, 'UTC')
  AND booked_at <= fromUnixTimestamp64Micro({until_us:Int64}, 'UTC')
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
GROUP BY cause, model, team
ORDER BY abs(usd) DESC NULLS LAST, cause, model, team
