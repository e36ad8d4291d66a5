-- Who caused what the calls of a provider come to, by day, model and meter, as finely as an invoice is allocated?
SELECT
    toUnixTimestamp64Nano(toStartOfDay(occurred_at, 'UTC')::DateTime64(9, 'UTC')) AS day_ns,
    model,
    meter,
    team,
    project,
    workflow,
    feature,
    environment,
    purpose,
    origin_team,
    origin_workflow,
    origin_feature,
    sum(amount_usd) AS usd
FROM cost_lines
WHERE kind = 'charge'
  AND amount_usd > 0
  AND provider = {provider:String}
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
  AND ({account:String} = '' OR provider_account IN ('', {account:String}))
GROUP BY ALL
ORDER BY ALL
