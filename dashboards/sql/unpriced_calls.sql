-- What has no price, and why?
WITH
    {{time}},
    {{payer_of_filters}},
    {{chosen_entries}}
SELECT
    status_reason AS reason,
    provider AS provider_name,
    model AS model_name,
    count() AS all_calls,
    max(occurred_at) AS last_at
FROM chosen
WHERE status = 'unpriced' AND {{standing}}
GROUP BY reason, provider_name, model_name
ORDER BY all_calls DESC, reason, provider_name, model_name
LIMIT 100
