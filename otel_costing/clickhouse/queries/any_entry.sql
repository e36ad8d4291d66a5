-- Has anything ever been booked?
SELECT 1 AS any_entry
FROM ledger
LIMIT 1
