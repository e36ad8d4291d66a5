-- Of how much of the spend is it known whose it is?
WITH
    {{time}},
    {{payer}},
    {{chosen_spend}}
SELECT
    {{percent_named team}},
    {{percent_named project}},
    {{percent_named feature}},
    {{percent_named workflow}},
    {{percent_named environment}},
    {{percent_named purpose}},
    100 * (sum(calls) - sum(unpriced_calls) - sum(partial_calls)) / nullIf(sum(calls), 0) AS priced_percent
FROM chosen
