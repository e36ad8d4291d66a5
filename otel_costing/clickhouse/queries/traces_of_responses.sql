-- In which traces was one of these responses seen, at about the same time?
WITH asked AS
(
    SELECT arrayJoin({asked:Array(Tuple(response_id String, from_ns Int64, until_ns Int64))}) AS response
),
accounts AS
(
    SELECT trace_id, response_id, started_at, ended_at FROM ledger WHERE kind = 'charge'
    UNION ALL
    SELECT trace_id, response_id, started_at, ended_at FROM sightings
)
SELECT DISTINCT accounts.trace_id AS trace_id
FROM accounts
INNER JOIN asked ON accounts.response_id = asked.response.response_id
WHERE accounts.response_id IN (SELECT response.response_id FROM asked)
  AND toUnixTimestamp64Nano(accounts.started_at) <= asked.response.until_ns
  AND toUnixTimestamp64Nano(accounts.ended_at) >= asked.response.from_ns
