-- What does the engine need to find the entries of one trace?
SELECT call_id, total_usd
FROM ledger
WHERE trace_id = {trace_id:String}
