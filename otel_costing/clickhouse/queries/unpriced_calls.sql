-- Which calls have no price, and why?
SELECT
    status_reason,
    provider,
    model,
    sum(sign) AS calls,
    min(occurred_at) AS first_at,
    max(occurred_at) AS last_at
FROM costs
WHERE status = 'unpriced'
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
GROUP BY status_reason, provider, model
ORDER BY calls DESC, status_reason, provider, model
