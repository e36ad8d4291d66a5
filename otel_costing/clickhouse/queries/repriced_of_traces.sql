-- What were the calls of these traces priced at by rates that came after them, where nothing is charged by them?
SELECT *
FROM repriced_accounts FINAL
WHERE trace_id IN {trace_ids:Array(String)}
