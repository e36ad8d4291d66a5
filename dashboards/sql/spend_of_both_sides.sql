-- What does each team pay for, and what does its own code cost? Both columns come to the same total; no call on a side cost nothing.
WITH
    {{time}},
    {{between_teams}}
SELECT
    side.2 AS team_name,
    if(countIf(side.1 = 'pays') = 0, 0, sumIf(usd, side.1 = 'pays')) AS pays_usd,
    if(countIf(side.1 = 'runs') = 0, 0, sumIf(usd, side.1 = 'runs')) AS runs_usd,
    if(countIf(side.1 = 'pays' AND owner = caller) = 0, 0, sumIf(usd, side.1 = 'pays' AND owner = caller)) AS both_usd,
    ifNull(pays_usd, 0) - ifNull(runs_usd, 0) AS difference_usd,
    sumIf(unpriced_calls, side.1 = 'pays') AS pays_unpriced_calls,
    sumIf(unpriced_calls, side.1 = 'runs') AS runs_unpriced_calls
FROM between
ARRAY JOIN [('pays', caller), ('runs', owner)] AS side
GROUP BY team_name
ORDER BY greatest(ifNull(pays_usd, 0), ifNull(runs_usd, 0)) DESC, team_name
