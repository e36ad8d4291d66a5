-- What do the rollups of some days say that calls cost, and how many they were, by up to six dimensions? Each day's is the
-- building at its place. `by_line` counts the lines of calls. The columns are those of `cost_by_dimensions`.
WITH '' AS nothing
SELECT
    {{dimensions}},
    sum(summed.usd) AS usd,
    sum(summed.calls) AS calls,
    sum(summed.unpriced_calls) AS unpriced_calls,
    sum(quantity) AS quantity,
    sum(if(is_only_claimed, summed.usd, NULL)) AS unverified_usd,
    sum(if(is_only_claimed, summed.calls, 0)) AS unverified_calls
FROM
(
    SELECT
        * EXCEPT (day),
        toLowCardinality(rollup_day) AS date,
        {with_claims:Bool} AND origin_team != '' AND NOT origin_verified AS is_only_claimed,
        formatDateTime(date, '%Y-%m-%d') AS day,
        formatDateTime(toMonday(date), '%Y-%m-%d') AS week,
        formatDateTime(date, '%Y-%m') AS month
    FROM
    (
        SELECT
            *,
            day AS rollup_day,
            '' AS meter,
            CAST(NULL, 'Nullable(Int64)') AS quantity
        FROM rollup_rows
        WHERE NOT {by_line:Bool}
        UNION ALL
        SELECT
            * REPLACE (
                lines AS calls,
                if(status = 'unpriced', lines, 0) AS unpriced_calls,
                amount AS usd
            ),
            day AS rollup_day,
            name AS meter,
            if(name = '', NULL, counted) AS quantity
        FROM rollup_rows
        ARRAY JOIN meters.meter AS name, meters.lines AS lines, meters.quantity AS counted, meters.usd AS amount
        WHERE {by_line:Bool}
    )
    WHERE rollup_day IN {days:Array(Date)}
      AND build_id = transform(rollup_day, {days:Array(Date)}, {build_ids:Array(String)}, '')
) AS summed
WHERE {{conditions}}
GROUP BY dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
ORDER BY usd DESC NULLS LAST, dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
