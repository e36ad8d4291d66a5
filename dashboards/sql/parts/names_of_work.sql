coalesce(nullIf(if(caller_pays, origin_team, team), ''), 'unattributed') AS team,
coalesce(nullIf(if(caller_pays, origin_workflow, workflow), ''), 'unattributed') AS workflow,
coalesce(nullIf(if(caller_pays, origin_feature, feature), ''), 'unattributed') AS feature,
coalesce(nullIf(project, ''), 'unattributed') AS project,
coalesce(nullIf(environment, ''), 'unattributed') AS environment,
coalesce(nullIf(purpose, ''), 'unattributed') AS purpose
