-- How many calls, and how many dollars, say who caused them, for each kind of attribution?
SELECT
    attribution.1 AS dimension,
    sum(if(attribution.2 != '', sign, 0)) AS attributed_calls,
    sum(sign) AS calls,
    sum(if(attribution.2 != '', total_usd, toDecimal128(0, 12))) AS attributed_usd,
    sum(total_usd) AS usd
FROM costs
ARRAY JOIN
    [
        ('team', toString(team)),
        ('project', toString(project)),
        ('workflow', toString(workflow)),
        ('feature', toString(feature)),
        ('customer_id', toString(customer_id)),
        ('user_id', toString(user_id)),
        ('session_id', toString(session_id)),
        ('environment', toString(environment)),
        ('purpose', toString(purpose)),
        ('release', toString(release)),
        ('agent', toString(agent)),
        ('tool', toString(tool)),
        ('origin_team', toString(origin_team)),
        ('origin_workflow', toString(origin_workflow))
    ] AS attribution
WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
GROUP BY dimension
ORDER BY dimension
