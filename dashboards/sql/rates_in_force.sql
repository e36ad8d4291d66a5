-- Which rates were in force, of those that ever priced a call?
WITH
    {{time}},
    {{prices}}
SELECT DISTINCT
    provider AS provider_name,
    model AS model_name,
    meter,
    tier,
    region,
    starts_at,
    ends_at,
    unit_price AS price_usd,
    per,
    arrayStringConcat(contract_names, ', ') AS contract_name,
    source,
    checked,
    rate_id
FROM chosen
ORDER BY provider_name, model_name, meter, tier, region, starts_at DESC
LIMIT 1000
