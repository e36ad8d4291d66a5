-- Which call is the latest that the ledger knows?
SELECT
    service,
    provider,
    model,
    occurred_at,
    status
FROM costs
ORDER BY occurred_at DESC
LIMIT 1
