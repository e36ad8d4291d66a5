-- By which rate do the charges stand that a book of rates may price otherwise, and which are they, by all that a rate is
-- found by but time and size: those of a day, by a range of call ids?
SELECT
    provider,
    multiIf(response_model != '', response_model, request_model != '', request_model, model) AS asked,
    model,
    service_tier,
    region,
    rate_id,
    groupArray(call_id) AS call_ids,
    groupArray(toUnixTimestamp64Nano(occurred_at)) AS occurred_ns,
    groupArray(toUnixTimestamp64Nano(if(has(assumptions, 'assumed_time'), occurred_at, started_at))) AS started_ns,
    groupArray(
        arraySum((meter, quantity) -> if(meter IN {input_meters:Array(String)}, quantity, 0), items.meter, items.quantity)
    ) AS input_tokens
FROM ledger FINAL
WHERE ended_on = {ended_on:Date}
  AND call_id >= {first:String}
  AND call_id < {beyond:String}
  AND kind = 'charge'
  AND (call_id, revision) NOT IN
  (
      SELECT call_id, revision
      FROM ledger
      WHERE ended_on = {ended_on:Date}
        AND call_id >= {first:String}
        AND call_id < {beyond:String}
        AND kind = 'reversal'
  )
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
  AND (NOT {only_unpriced:Bool} OR status != 'priced')
  AND status_reason NOT IN {priced_never:Array(String)}
  AND (empty({providers:Array(String)}) OR provider IN {providers:Array(String)})
  AND (empty({models:Array(String)}) OR hasAny({models:Array(String)}, [model, request_model, response_model]))
GROUP BY provider, asked, model, service_tier, region, rate_id
