-- Which book was applied to the whole ledger last, and when?
SELECT
    rates_digest,
    finished_at
FROM repricings
WHERE whole_ledger
ORDER BY finished_at DESC
LIMIT 1
