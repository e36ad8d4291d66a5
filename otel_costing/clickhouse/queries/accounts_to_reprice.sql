-- Which accounts of calls are there that nothing is charged by now, and by which rate was each priced last: those of a
-- day, by a range of call ids? A copy that was never booked, or a charge that was taken back.
WITH standing AS
(
    SELECT call_id
    FROM ledger
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
),
accounts AS
(
    SELECT
        call_id,
        (toInt64(revision), toUInt64(0)) AS place,
        provider,
        multiIf(response_model != '', response_model, request_model != '', request_model, model) AS asked,
        model,
        service_tier,
        region,
        rate_id,
        status,
        status_reason,
        toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
        if(has(assumptions, 'assumed_time'), occurred_ns, toUnixTimestamp64Nano(started_at)) AS started_ns,
        arraySum((meter, quantity) -> if(meter IN {input_meters:Array(String)}, quantity, 0), items.meter, items.quantity)
            AS input_tokens
    FROM ledger
    WHERE ended_on = {ended_on:Date}
      AND call_id >= {first:String}
      AND call_id < {beyond:String}
      AND kind = 'charge'
      AND call_id NOT IN standing
    UNION ALL
    SELECT
        call_id,
        (toInt64(-1), toUInt64(0)) AS place,
        provider,
        multiIf(response_model != '', response_model, request_model != '', request_model, model) AS asked,
        model,
        service_tier,
        region,
        rate_id,
        status,
        status_reason,
        toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
        if(has(assumptions, 'assumed_time'), occurred_ns, toUnixTimestamp64Nano(started_at)) AS started_ns,
        arraySum((meter, quantity) -> if(meter IN {input_meters:Array(String)}, quantity, 0), items.meter, items.quantity)
            AS input_tokens
    FROM sightings FINAL
    WHERE ended_on = {ended_on:Date}
      AND call_id >= {first:String}
      AND call_id < {beyond:String}
      AND call_id NOT IN standing
    UNION ALL
    SELECT
        call_id,
        (revision, generation) AS place,
        provider,
        '' AS asked,
        model,
        service_tier,
        '' AS region,
        rate_id,
        status,
        status_reason,
        0 AS occurred_ns,
        0 AS started_ns,
        0 AS input_tokens
    FROM repriced_accounts FINAL
    WHERE ended_on = {ended_on:Date}
      AND call_id >= {first:String}
      AND call_id < {beyond:String}
      AND call_id NOT IN standing
)
SELECT
    last_provider,
    asked_last,
    last_model,
    last_tier,
    last_region,
    last_rate_id,
    groupArray(call_id) AS call_ids,
    groupArray(last_occurred_ns) AS occurred_ns,
    groupArray(last_started_ns) AS started_ns,
    groupArray(last_input_tokens) AS input_tokens
FROM
(
    SELECT
        call_id,
        argMax(provider, place) AS last_provider,
        argMaxIf(asked, place, place.2 = 0) AS asked_last,
        argMax(model, place) AS last_model,
        argMax(service_tier, place) AS last_tier,
        argMaxIf(region, place, place.2 = 0) AS last_region,
        argMax(rate_id, place) AS last_rate_id,
        argMaxIf(occurred_ns, place, place.2 = 0) AS last_occurred_ns,
        argMaxIf(started_ns, place, place.2 = 0) AS last_started_ns,
        argMaxIf(input_tokens, place, place.2 = 0) AS last_input_tokens
    FROM accounts
    GROUP BY call_id
    HAVING last_occurred_ns >= {since_ns:Int64}
       AND last_occurred_ns < {until_ns:Int64}
       AND (NOT {only_unpriced:Bool} OR argMax(status, place) != 'priced')
       AND argMax(status_reason, place) NOT IN {priced_never:Array(String)}
       AND (empty({providers:Array(String)}) OR last_provider IN {providers:Array(String)})
       AND (empty({models:Array(String)}) OR hasAny({models:Array(String)}, [last_model, asked_last]))
)
GROUP BY last_provider, asked_last, last_model, last_tier, last_region, last_rate_id
