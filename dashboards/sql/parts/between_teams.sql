true AS with_roots,
{{spend}},
between AS
(
    SELECT *
    FROM
    (
        SELECT
            day,
            status,
            calls,
            unpriced_calls,
            usd,
            {{named team}} AS owner,
            {{named origin_team}} AS caller,
            {{named project}} AS project,
            {{named environment}} AS environment,
            {{named purpose}} AS purpose,
            {{named provider}} AS provider,
            {{named model}} AS model,
            [owner, caller] AS teams,
            [{{named workflow}}, {{named origin_workflow}}] AS workflows,
            [{{named feature}}, {{named origin_feature}}] AS features
        FROM spend
    )
    WHERE {{filters_between_teams}}
)
