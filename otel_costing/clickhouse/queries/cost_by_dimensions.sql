-- What did it cost, and how many calls were it, broken down by up to six dimensions?
-- Asked of `costs`, or of `cost_lines` where meters matter; of billing months and of the past, `cost_as_known` says it. A
-- dimension that is not asked for is `nothing`, and so is an unused filter.
SELECT
    {dim_1:Identifier} AS dim_1,
    {dim_2:Identifier} AS dim_2,
    {dim_3:Identifier} AS dim_3,
    {dim_4:Identifier} AS dim_4,
    {dim_5:Identifier} AS dim_5,
    {dim_6:Identifier} AS dim_6,
    sum({amount:Identifier}) AS usd,
    sum(sign) AS calls,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
    sum({quantity:Identifier}) AS quantity,
    sum(if(is_only_claimed, {amount:Identifier}, NULL)) AS unverified_usd,
    sum(if(is_only_claimed, sign, 0)) AS unverified_calls
FROM
(
    SELECT
        *,
        '' AS nothing,
        origin_team != '' AND NOT origin_verified AS is_only_claimed,
        formatDateTime(occurred_at, '%Y-%m-%dT%H:00:00Z', 'UTC') AS hour,
        formatDateTime(occurred_at, '%Y-%m-%d', 'UTC') AS day,
        formatDateTime(toMonday(occurred_at, 'UTC'), '%Y-%m-%d') AS week,
        formatDateTime(occurred_at, '%Y-%m', 'UTC') AS month
    FROM {source:Identifier}
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
)
WHERE toString({where_1:Identifier}) = {value_1:String}
  AND toString({where_2:Identifier}) = {value_2:String}
  AND toString({where_3:Identifier}) = {value_3:String}
  AND toString({where_4:Identifier}) = {value_4:String}
  AND toString({where_5:Identifier}) = {value_5:String}
  AND toString({where_6:Identifier}) = {value_6:String}
GROUP BY dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
ORDER BY usd DESC NULLS LAST, dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
