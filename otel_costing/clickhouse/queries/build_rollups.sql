-- What did each of these days cost, by the dimensions of dashboards, and of that by meter? What was taken back leaves no row;
-- see `cost_by_dimensions`. Each entry is looked at as a whole and by line in one pass.
INSERT INTO rollup_rows
    (day, build_id, team, project, workflow, feature, environment, purpose, service, provider, model,
     origin_team, origin_workflow, origin_feature, origin_verified, status, calls, partial_calls, unpriced_calls, usd,
     `meters.meter`, `meters.lines`, `meters.quantity`, `meters.usd`)
WITH
    [(true, CAST('', 'LowCardinality(String)'), toInt64(0), total_usd)] AS as_a_whole,
    if(
        empty(items.meter),
        [(false, CAST('', 'LowCardinality(String)'), toInt64(0), CAST(NULL, 'Nullable(Decimal(38, 12))'))],
        arrayMap((name, counted, cost) -> (false, name, counted, cost), items.meter, items.quantity, items.amount_usd)
    ) AS by_line,
    arraySort(one -> one.1, groupArrayIf((meter, number, quantity, amount), NOT is_whole)) AS lines
SELECT
    day,
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
    sumIf(number, is_whole) AS calls,
    if(status = 'partial', calls, 0) AS partial_calls,
    if(status = 'unpriced', calls, 0) AS unpriced_calls,
    sumIf(amount, is_whole) AS usd,
    lines.1,
    lines.2,
    lines.3,
    lines.4
FROM
(
    SELECT
        toDate(occurred_at) AS day,
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
        part.1 AS is_whole,
        part.2 AS meter,
        sum(sign) AS number,
        sum(part.3) AS quantity,
        if(sum(if(part.4 IS NULL, 0, sense)) = 0, NULL, sum(part.4)) AS amount
    FROM resolved_entries(since_ns = {since_ns:Int64}, until_ns = {until_ns:Int64}, days = {days:Array(Date)}, single_days = [],
        with_roots = true)
    ARRAY JOIN arrayConcat(as_a_whole, by_line) AS part
    GROUP BY day, team, project, workflow, feature, environment, purpose, service, provider, model, origin_team, origin_workflow,
        origin_feature, origin_verified, status, is_whole, meter
    HAVING sum(sense) != 0
)
GROUP BY day, team, project, workflow, feature, environment, purpose, service, provider, model, origin_team, origin_workflow,
    origin_feature, origin_verified, status
ORDER BY ALL
