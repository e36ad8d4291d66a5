-- How many rows of the ledger are there of these days, copies and all?
SELECT toDate(occurred_at) AS day, count() AS kept_rows
FROM ledger
WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
  AND (empty({days:Array(Date)}) OR toDate(occurred_at) IN {days:Array(Date)})
GROUP BY day
ORDER BY day
