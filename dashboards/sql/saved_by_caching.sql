-- What did caching save? The same tokens at the input price of the rate that priced them; below 0, writing cost more than reading saved.
WITH
    {{time}},
    {{payer_of_filters}},
    {{chosen_entries}},
    cached AS
    (
        SELECT
            provider,
            model,
            rate_id,
            rates_digest,
            sum(if(item_meter = 'cache_read', item_quantity, 0)) AS read_tokens,
            sum(if(item_meter != 'cache_read', item_quantity, 0)) AS written_tokens,
            sum(item_usd) AS paid_usd
        FROM chosen
        ARRAY JOIN items.meter AS item_meter, items.quantity AS item_quantity, items.amount_usd AS item_usd
        WHERE item_meter IN ('cache_read', 'cache_write_5m', 'cache_write_1h') AND item_usd IS NOT NULL
        GROUP BY provider, model, rate_id, rates_digest
        HAVING sum(sense) != 0
    ),
    input_prices AS
    (
        SELECT
            rate_id,
            rates_digest,
            `prices.unit_price`[indexOf(`prices.meter`, 'input')] AS unit_price,
            `prices.per`[indexOf(`prices.meter`, 'input')] AS per
        FROM rates FINAL
        WHERE has(`prices.meter`, 'input')
    )
SELECT
    cached.provider AS provider_name,
    cached.model AS model_name,
    sum(read_tokens) AS all_read_tokens,
    sum(written_tokens) AS all_written_tokens,
    sum(paid_usd) AS cache_usd,
    sum(toDecimal128((read_tokens + written_tokens) * unit_price / per, 12)) AS without_cache_usd,
    without_cache_usd - cache_usd AS saved_usd
FROM cached
INNER JOIN input_prices ON input_prices.rate_id = cached.rate_id AND input_prices.rates_digest = cached.rates_digest
GROUP BY provider_name, model_name
ORDER BY saved_usd DESC, provider_name, model_name
LIMIT 100
