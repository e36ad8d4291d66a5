-- What has no price, and why?
WITH
    {{time}},
    {{payer_of_filters}},
    {{chosen_entries}}
SELECT
    status_reason AS reason,
    provider AS provider_name,
    model AS model_name,
    sum(sign) AS all_calls,
    max(occurred_at) AS last_at
FROM chosen
WHERE status = 'unpriced'
GROUP BY reason, provider_name, model_name
HAVING sum(sense) != 0
ORDER BY all_calls DESC, reason, provider_name, model_name
LIMIT 100
