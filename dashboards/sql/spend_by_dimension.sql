-- What was spent by each {{dimension}}, and how much of it has no price?
WITH
    {{time}},
    {{payer}},
    {{chosen_spend}}
SELECT
    {{dimension}} AS name,
    sum(chosen.usd) AS total_usd,
    100 * total_usd / nullIf(sum(total_usd) OVER (), 0) AS usd_percent,
    sum(chosen.calls) AS all_calls,
    sum(chosen.unpriced_calls) AS all_unpriced_calls
FROM chosen
GROUP BY name
ORDER BY total_usd DESC NULLS LAST, name
LIMIT 100
