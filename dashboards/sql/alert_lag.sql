-- How many seconds lay between receipt and booking, of nineteen in twenty calls booked in this time at most? No call, no answer.
SELECT quantile(0.95)(dateDiff('millisecond', received_at, booked_at)) / 1000 AS seconds
FROM ledger
WHERE $__timeFilter(booked_at)
  AND kind = 'charge'
  AND revision = 0
HAVING count() > 0
