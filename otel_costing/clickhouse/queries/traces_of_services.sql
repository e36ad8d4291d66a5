-- In which traces did a call, or only a report, which has no duration, of one of these services and of so many tokens
-- end in one of these intervals?
WITH asked AS
(
    SELECT arrayJoin({asked:Array(Tuple(service String, tokens Int64, from_ns Int64, until_ns Int64))}) AS around
),
accounts AS
(
    SELECT trace_id, service, `items.unit` AS units, `items.quantity` AS quantities, started_at, ended_at
    FROM ledger
    WHERE kind = 'charge' AND ended_on IN {days:Array(Date)}
    UNION ALL
    SELECT trace_id, service, `items.unit` AS units, `items.quantity` AS quantities, started_at, ended_at
    FROM sightings
    WHERE ended_on IN {days:Array(Date)}
)
SELECT DISTINCT accounts.trace_id AS trace_id
FROM accounts
INNER JOIN asked
    ON accounts.service = asked.around.service
    AND arraySum(arrayMap((unit, quantity) -> if(unit = 'token', quantity, 0), units, quantities)) = asked.around.tokens
WHERE toUnixTimestamp64Nano(accounts.ended_at) BETWEEN asked.around.from_ns AND asked.around.until_ns
  AND (accounts.started_at = accounts.ended_at OR NOT {only_reports:Bool})
