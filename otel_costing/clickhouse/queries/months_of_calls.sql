-- In which months did calls occur, of some days, and on which days of them first and last?
SELECT
    min(toDate(occurred_at)) AS first_day,
    max(toDate(occurred_at)) AS last_day
FROM ledger
WHERE occurred_at >= toDateTime64({first_day:Date}, 9, 'UTC')
  AND occurred_at < toDateTime64({last_day:Date} + 1, 9, 'UTC')
GROUP BY toYYYYMM(occurred_at)
ORDER BY first_day
