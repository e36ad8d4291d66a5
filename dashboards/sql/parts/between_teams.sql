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
            coalesce(nullIf(team, ''), 'unattributed') AS owner,
            coalesce(nullIf(origin_team, ''), 'unattributed') AS caller,
            coalesce(nullIf(project, ''), 'unattributed') AS project,
            coalesce(nullIf(environment, ''), 'unattributed') AS environment,
            coalesce(nullIf(purpose, ''), 'unattributed') AS purpose,
            coalesce(nullIf(provider, ''), 'unattributed') AS provider,
            coalesce(nullIf(model, ''), 'unattributed') AS model,
            [coalesce(nullIf(workflow, ''), 'unattributed'), coalesce(nullIf(origin_workflow, ''), 'unattributed')] AS workflows,
            [coalesce(nullIf(feature, ''), 'unattributed'), coalesce(nullIf(origin_feature, ''), 'unattributed')] AS features
        FROM spend
    )
    WHERE {{filters_between_teams}}
)
