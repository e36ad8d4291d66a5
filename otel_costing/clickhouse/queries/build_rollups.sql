-- What did each of these days cost, by the dimensions of dashboards? What was taken back leaves no row; see
-- `cost_by_dimensions`.
INSERT INTO rollup_rows
    (day, build_id, team, project, workflow, feature, environment, purpose, service, provider, model,
     origin_team, origin_workflow, origin_feature, origin_verified, status, calls, partial_calls, unpriced_calls, usd)
SELECT
    toDate(occurred_at) AS day,
    {build_id:String} AS build_id,
    team,
    project,
    workflow,
    feature,
    environment,
    purpose,
    service,
    provider,
    model,
    origin_team,
    origin_workflow,
    origin_feature,
    origin_verified,
    status,
    sum(sign) AS calls,
    sum(if(status = 'partial', sign, 0)) AS partial_calls,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
    if(sum(if(total_usd IS NULL, 0, sense)) = 0, NULL, sum(total_usd)) AS usd
FROM resolved_entries(since_ns = {since_ns:Int64}, until_ns = {until_ns:Int64}, days = {days:Array(Date)}, with_roots = true)
GROUP BY day, team, project, workflow, feature, environment, purpose, service, provider, model, origin_team, origin_workflow,
    origin_feature, origin_verified, status
HAVING sum(sense) != 0
ORDER BY ALL
