-- By which rates do the charges of each day stand, and how many by each?
SELECT
    provider,
    model,
    rate_id,
    toDate(occurred_at) AS day,
    sum(sign) AS calls
FROM ledger
WHERE rate_id != ''
GROUP BY provider, model, rate_id, day
HAVING calls > 0
