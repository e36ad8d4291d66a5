-- Which trace is one like any other?
SELECT trace_id
FROM ledger
WHERE call_id > '8'
ORDER BY call_id
LIMIT 1
