-- On which days did the calls of the ledger's entries end, and how many rows are there of each day?
SELECT
    ended_on,
    count() AS entries
FROM ledger
WHERE ended_on >= {first_day:Date}
  AND ended_on <= {last_day:Date}
GROUP BY ended_on
ORDER BY ended_on
