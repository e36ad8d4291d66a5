-- By which rate does each charge stand that a book of rates may price otherwise: those of a day, by a range of call ids?
SELECT
    call_id,
    provider,
    multiIf(response_model != '', response_model, request_model != '', request_model, model) AS asked,
    model,
    service_tier,
    region,
    rate_id,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    if(has(assumptions, 'assumed_time'), occurred_ns, toUnixTimestamp64Nano(started_at)) AS started_ns,
    arraySum((meter, quantity) -> if(meter IN {input_meters:Array(String)}, quantity, 0), items.meter, items.quantity)
        AS input_tokens
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
