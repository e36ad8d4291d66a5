-- Which billing months are closed?
SELECT billing_period
FROM periods
GROUP BY billing_period
HAVING argMax(state, changed_at) = 'closed'
ORDER BY billing_period
