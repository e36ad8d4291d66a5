-- What did each of these days cost, by the dimensions of dashboards?
INSERT INTO rollup_rows
    (day, build_id, team, project, workflow, feature, environment, purpose, service, provider, model,
     origin_team, origin_workflow, origin_feature, status, calls, partial_calls, unpriced_calls, usd)
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
    status,
    sum(sign) AS calls,
    sum(if(status = 'partial', sign, 0)) AS partial_calls,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
    sum(total_usd) AS usd
FROM costs
WHERE occurred_at >= toDateTime64({first_day:Date}, 9, 'UTC')
  AND occurred_at < toDateTime64({last_day:Date} + 1, 9, 'UTC')
  AND toDate(occurred_at) IN {days:Array(Date)}
GROUP BY ALL
ORDER BY ALL
