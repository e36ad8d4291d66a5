-- How long was it from the end of a call to its booking?
SELECT
    $__timeInterval(booked_at) AS time,
    quantile(0.5)(dateDiff('millisecond', ended_at, booked_at)) / 1000 AS half_of_them,
    quantile(0.99)(dateDiff('millisecond', ended_at, booked_at)) / 1000 AS almost_all
FROM ledger
WHERE $__timeFilter(booked_at)
  AND kind = 'charge'
  AND revision = 0
GROUP BY time
ORDER BY time
