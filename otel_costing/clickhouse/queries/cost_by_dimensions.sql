-- What did it cost, and how many calls were it, broken down by up to six dimensions?
-- Of billing months and of the past, `cost_as_known` says it. An entry and its reversal come to nothing in every sum; `sense`
-- counts what is left, so that what was taken back leaves no row, and no 0 where nothing has a price. `by_line` counts the
-- lines of calls. A dimension that is not asked for is `nothing`, and so is an unused filter. Hours to months are those of
-- `time_zone`: a name is made once for each date or quarter of an hour, not for each entry.
WITH '' AS nothing
SELECT
    {{dimensions}},
    if(sum(if(amount IS NULL, 0, sense)) = 0, NULL, sum(amount)) AS usd,
    sum(sign) AS calls,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
    if(sum(if(counted IS NULL, 0, sense)) = 0, NULL, sum(counted)) AS quantity,
    if(sum(if(is_only_claimed AND amount IS NOT NULL, sense, 0)) = 0, NULL, sum(if(is_only_claimed, amount, NULL)))
        AS unverified_usd,
    sum(if(is_only_claimed, sign, 0)) AS unverified_calls
FROM
(
    WITH
        toLowCardinality(toDate(occurred_at, {time_zone:String})) AS date,
        formatDateTime(
            fromUnixTimestamp(toLowCardinality(intDiv(toUnixTimestamp(occurred_at), 900)) * 900),
            '%Y-%m-%dT%H:00:00%z',
            {time_zone:String}
        ) AS with_offset
    SELECT
        *,
        {with_claims:Bool} AND origin_team != '' AND NOT origin_verified AS is_only_claimed,
        replaceRegexpOne(replaceRegexpOne(with_offset, '[+]0000$', 'Z'), '([+-]..)(..)$', '\\1:\\2') AS hour,
        formatDateTime(date, '%Y-%m-%d') AS day,
        formatDateTime(toMonday(date), '%Y-%m-%d') AS week,
        formatDateTime(date, '%Y-%m') AS month
    FROM
    (
        SELECT
            *,
            '' AS meter,
            CAST(NULL, 'Nullable(Int64)') AS counted,
            total_usd AS amount
        FROM resolved_entries(
            since_ns = {since_ns:Int64}, until_ns = {until_ns:Int64}, days = {days:Array(Date)},
            single_days = {single_days:Array(Date)}, with_roots = {with_roots:Bool})
        WHERE NOT {by_line:Bool}
        UNION ALL
        SELECT
            *,
            meter,
            if(meter = '', NULL, quantity) AS counted,
            amount
        FROM resolved_entries(
            since_ns = {since_ns:Int64}, until_ns = {until_ns:Int64}, days = {days:Array(Date)},
            single_days = {single_days:Array(Date)}, with_roots = {with_roots:Bool})
        LEFT ARRAY JOIN items.meter AS meter, items.quantity AS quantity, items.amount_usd AS amount
        WHERE {by_line:Bool}
    )
)
WHERE {{conditions}}
GROUP BY dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
HAVING sum(sense) != 0
ORDER BY usd DESC NULLS LAST, dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
