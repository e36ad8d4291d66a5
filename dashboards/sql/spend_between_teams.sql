-- Who pays for whose code?
WITH
    {{time}},
    {{between_teams}}
SELECT
    caller,
    owner,
    sum(between.usd) AS usd,
    sum(calls) AS all_calls,
    sum(unpriced_calls) AS all_unpriced_calls
FROM between
GROUP BY caller, owner
ORDER BY usd DESC NULLS LAST, caller, owner
