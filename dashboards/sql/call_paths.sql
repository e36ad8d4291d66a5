-- On which ways do calls come about, and what does each way cost?
WITH
    {{time}},
    {{caller}},
    {{chosen_entries}}
SELECT
    arrayStringConcat(
        arrayFilter(
            step -> step != '',
            [
                workflow,
                team,
                arrayStringConcat(arrayFilter(one -> one != '', [toString(ran_team), toString(service)]), ' · '),
                toString(agent),
                toString(tool),
                toString(operation),
                model
            ]
        ),
        ' › '
    ) AS path,
    if(sum(if(total_usd IS NULL, 0, sense)) = 0, NULL, sum(total_usd)) AS path_usd,
    sum(sign) AS all_calls,
    path_usd / nullIf(sum(if(total_usd IS NULL, 0, sign)), 0) AS call_usd,
    sumIf(sign, status = 'unpriced') AS all_unpriced_calls
FROM chosen
GROUP BY path
HAVING sum(sense) != 0
ORDER BY path_usd DESC NULLS LAST, path
LIMIT 100
