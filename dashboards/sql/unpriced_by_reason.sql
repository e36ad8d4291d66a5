-- Which calls of this time have no price, and why?
WITH
    {{time}}
SELECT
    status_reason,
    provider,
    model,
    count() AS calls,
    max(occurred_at) AS last_at
FROM resolved_entries(since_ns = since_ns, until_ns = until_ns, days = [], single_days = [], with_roots = false)
WHERE status = 'unpriced' AND {{standing}}
GROUP BY status_reason, provider, model
ORDER BY calls DESC, status_reason, provider, model
LIMIT 100
