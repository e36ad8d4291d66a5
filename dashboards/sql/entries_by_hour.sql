-- How many entries were posted in each hour, and why?
SELECT
    toStartOfHour(booked_at) AS time,
    toString(cause) AS cause,
    toFloat64(count()) AS entries
FROM ledger
WHERE $__timeFilter(booked_at)
GROUP BY time, cause
ORDER BY time, cause
