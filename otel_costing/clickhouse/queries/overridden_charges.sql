-- How many charges were made under a team's own files, whose digest follows that of the tables after a `+`?
SELECT count() AS charges
FROM ledger
WHERE kind = 'charge'
  AND position(rates_digest, '+') > 0
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
