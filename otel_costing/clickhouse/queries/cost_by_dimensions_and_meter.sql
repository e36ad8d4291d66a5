-- What did it cost, and how many calls were it, line by line with quantities, broken down by up to six dimensions?
-- A dimension that is not asked for is `nothing`, and so is an unused filter.
SELECT
    {dim_1:Identifier} AS dim_1,
    {dim_2:Identifier} AS dim_2,
    {dim_3:Identifier} AS dim_3,
    {dim_4:Identifier} AS dim_4,
    {dim_5:Identifier} AS dim_5,
    {dim_6:Identifier} AS dim_6,
    sum(line_usd) AS usd,
    sum(line_sign) AS calls,
    sum(if(status = 'unpriced', line_sign, 0)) AS unpriced_calls,
    sum(line_quantity) AS quantity
FROM
(
    SELECT
        '' AS nothing,
        if({pays:String} = 'caller', origin_team, cost_lines.team) AS team,
        if({pays:String} = 'caller', origin_workflow, cost_lines.workflow) AS workflow,
        if({pays:String} = 'caller', origin_workflow_run_id, cost_lines.workflow_run_id) AS workflow_run_id,
        if({pays:String} = 'caller', origin_feature, cost_lines.feature) AS feature,
        project,
        customer_id,
        user_id,
        session_id,
        environment,
        purpose,
        release,
        agent,
        tool,
        service,
        provider,
        model,
        request_model,
        operation,
        service_tier,
        region,
        status,
        status_reason,
        trace_id,
        billing_period,
        meter,
        formatDateTime(occurred_at, '%Y-%m-%dT%H:00:00Z', 'UTC') AS hour,
        formatDateTime(occurred_at, '%Y-%m-%d', 'UTC') AS day,
        formatDateTime(toMonday(occurred_at, 'UTC'), '%Y-%m-%d') AS week,
        formatDateTime(occurred_at, '%Y-%m', 'UTC') AS month,
        amount_usd AS line_usd,
        sign AS line_sign,
        quantity AS line_quantity
    FROM cost_lines
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
      AND ({period:String} = '' OR billing_period = {period:String})
)
WHERE toString({where_1:Identifier}) = {value_1:String}
  AND toString({where_2:Identifier}) = {value_2:String}
  AND toString({where_3:Identifier}) = {value_3:String}
  AND toString({where_4:Identifier}) = {value_4:String}
  AND toString({where_5:Identifier}) = {value_5:String}
  AND toString({where_6:Identifier}) = {value_6:String}
GROUP BY dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
ORDER BY usd DESC NULLS LAST, dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
