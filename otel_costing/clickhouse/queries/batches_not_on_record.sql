-- Which batches have entries of some days in the ledger, and were never finished, though an instant has passed?
SELECT
    batch_id,
    count() AS entries,
    min(ended_on) AS first_day
FROM ledger FINAL
WHERE ended_on >= {first_day:Date}
  AND ended_on <= {last_day:Date}
  AND booked_at <= fromUnixTimestamp64Micro({until_us:Int64}, 'UTC')
  AND batch_id NOT IN (SELECT batch_id FROM batches)
GROUP BY batch_id
ORDER BY batch_id
