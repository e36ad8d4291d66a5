prices AS
(
    SELECT
        rate_id,
        {{named provider}} AS provider,
        {{named model}} AS model,
        priced_meter AS meter,
        tier,
        region,
        starts_at,
        ends_at,
        unit_price,
        per,
        `contracts.name` AS contract_names,
        source,
        checked,
        first_used_at
    FROM rates FINAL
    ARRAY JOIN `prices.meter` AS priced_meter, `prices.unit_price` AS unit_price, `prices.per` AS per
    WHERE ifNull(starts_at < fromUnixTimestamp64Nano(until_ns, 'UTC'), true)
      AND ifNull(ends_at > fromUnixTimestamp64Nano(since_ns, 'UTC'), true)
),
chosen AS
(
    SELECT *
    FROM prices
    WHERE {{filters_of_model}}
)
