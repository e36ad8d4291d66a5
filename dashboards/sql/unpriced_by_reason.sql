-- Which calls of this time have no price, and why?
WITH
    {{time}}
SELECT
    status_reason,
    provider,
    model,
    sum(sign) AS calls,
    max(occurred_at) AS last_at
FROM resolved_entries(since_ns = since_ns, until_ns = until_ns, days = [], single_days = [], with_roots = false)
WHERE status = 'unpriced'
GROUP BY status_reason, provider, model
HAVING calls > 0
ORDER BY calls DESC, status_reason, provider, model
LIMIT 100
