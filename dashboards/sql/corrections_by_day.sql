-- What did corrections change on the day they were posted, by cause?
WITH
    {{time}},
    {{owner}},
    {{corrections}}
SELECT
    toStartOfDay(toDateTime(booked_at, 'UTC')) AS time,
    cause AS name,
    sum(total_usd) AS change_usd
FROM corrections
GROUP BY time, name
ORDER BY time, name
