-- What was bought of each product (a meter of a model) in each of two periods, by up to six dimensions: how much of it has a
-- price, what that cost, and how much has none? A dimension that is not asked for is `nothing`, and so is an unused filter.
SELECT
    {{dimensions}},
    provider AS of_provider,
    model AS of_model,
    meter AS of_meter,
    unit AS of_unit,
    sum(if(is_before, priced_quantity, 0)) AS before_quantity,
    sum(if(is_before, amount_usd, NULL)) AS before_usd,
    sum(if(is_before, unpriced_quantity, 0)) AS before_unpriced_quantity,
    sum(if(is_after, priced_quantity, 0)) AS after_quantity,
    sum(if(is_after, amount_usd, NULL)) AS after_usd,
    sum(if(is_after, unpriced_quantity, 0)) AS after_unpriced_quantity
FROM
(
    SELECT
        *,
        '' AS nothing,
        occurred_at >= fromUnixTimestamp64Nano({before_since_ns:Int64}, 'UTC')
            AND occurred_at < fromUnixTimestamp64Nano({before_until_ns:Int64}, 'UTC') AS is_before,
        occurred_at >= fromUnixTimestamp64Nano({after_since_ns:Int64}, 'UTC')
            AND occurred_at < fromUnixTimestamp64Nano({after_until_ns:Int64}, 'UTC') AS is_after,
        if(amount_usd IS NULL, 0, ifNull(quantity, 0)) AS priced_quantity,
        if(amount_usd IS NULL, ifNull(quantity, 0), 0) AS unpriced_quantity
    FROM cost_lines
    WHERE occurred_at >= fromUnixTimestamp64Nano(least({before_since_ns:Int64}, {after_since_ns:Int64}), 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano(greatest({before_until_ns:Int64}, {after_until_ns:Int64}), 'UTC')
)
WHERE (is_before OR is_after)
  AND {{conditions}}
GROUP BY dim_1, dim_2, dim_3, dim_4, dim_5, dim_6, of_provider, of_model, of_meter, of_unit
ORDER BY dim_1, dim_2, dim_3, dim_4, dim_5, dim_6, of_provider, of_model, of_meter, of_unit
