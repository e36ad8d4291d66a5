-- What does the engine need to sum entries by day and team, taking nothing back, resolving no origin, netting no copy?
SELECT ended_on, team, sum(total_usd) AS usd, sum(sign) AS calls
FROM ledger
GROUP BY ended_on, team
