-- Of how much of the spend is it known whose it is?
WITH
    {{time}},
    {{payer}},
    {{chosen_spend}}
SELECT
    100 * sum(if(team != 'unattributed', usd, 0)) / nullIf(sum(usd), 0) AS team_percent,
    100 * sum(if(project != 'unattributed', usd, 0)) / nullIf(sum(usd), 0) AS project_percent,
    100 * sum(if(feature != 'unattributed', usd, 0)) / nullIf(sum(usd), 0) AS feature_percent,
    100 * sum(if(workflow != 'unattributed', usd, 0)) / nullIf(sum(usd), 0) AS workflow_percent,
    100 * sum(if(environment != 'unattributed', usd, 0)) / nullIf(sum(usd), 0) AS environment_percent,
    100 * sum(if(purpose != 'unattributed', usd, 0)) / nullIf(sum(usd), 0) AS purpose_percent,
    100 * (sum(calls) - sum(unpriced_calls) - sum(partial_calls)) / nullIf(sum(calls), 0) AS priced_percent
FROM chosen
