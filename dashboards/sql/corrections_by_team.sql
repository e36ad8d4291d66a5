-- Whose cost did corrections change, and why?
WITH
    {{time}},
    {{owner}},
    {{corrections}}
SELECT
    cause,
    team AS team_name,
    provider AS provider_name,
    model AS model_name,
    uniqExactIf(call_id, kind != 'adjustment') AS all_calls,
    sum(total_usd) AS change_usd
FROM corrections
GROUP BY cause, team_name, provider_name, model_name
ORDER BY abs(change_usd) DESC NULLS LAST, cause, team_name, provider_name, model_name
LIMIT 200
