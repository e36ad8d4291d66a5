-- How many calls, and how many dollars, say who caused them, for each kind of attribution, and for each value of one column?
-- Without one it is `nothing`.
SELECT
    group_by AS of_group,
    attribution.1 AS dimension,
    sum(if(attribution.2 != '', sign, 0)) AS attributed_calls,
    sum(sign) AS calls,
    sum(if(attribution.2 != '', total_usd, if(total_usd IS NULL, NULL, toDecimal128(0, 12)))) AS attributed_usd,
    sum(total_usd) AS usd
FROM
(
    SELECT
        toString({by:Identifier}) AS group_by,
        sign,
        total_usd,
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
            ('origin_workflow', toString(origin_workflow)),
            ('origin_feature', toString(origin_feature))
        ] AS attributions
    FROM (SELECT *, '' AS nothing FROM costs)
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
)
ARRAY JOIN attributions AS attribution
GROUP BY of_group, dimension
ORDER BY of_group, dimension
