['customer_id', 'user_id', 'session_id'] AS personal,
    [
        {dim_1:String}, {dim_2:String}, {dim_3:String}, {dim_4:String}, {dim_5:String}, {dim_6:String}
    ] AS asked,
    told AS
    (
        SELECT
            run_id,
            true AS is_call,
            occurred_at,
            status = 'priced' AS has_price,
            total_usd AS call_usd,
            CAST(('', 0, 0, 0, 0, 0), 'Tuple(String, Int64, Int64, Decimal(38, 12), UInt8, UInt8)') AS outcome,
            [
                toString({column_1:Identifier}), toString({column_2:Identifier}), toString({column_3:Identifier}),
                toString({column_4:Identifier}), toString({column_5:Identifier}), toString({column_6:Identifier})
            ] AS named
        FROM calls
        UNION ALL
        SELECT
            run_id,
            false AS is_call,
            occurred_at,
            true AS has_price,
            NULL AS call_usd,
            (
                toString(name),
                if(success, ifNull(quantity, 0), 0),
                if(success = false, ifNull(quantity, 0), 0),
                if(success, ifNull(value_usd, 0), 0),
                toUInt8(ifNull(success, false) AND isNotNull(value_usd)),
                toUInt8(isNull(success) OR isNull(quantity))
            ) AS outcome,
            [
                toString({column_1:Identifier}), toString({column_2:Identifier}), toString({column_3:Identifier}),
                toString({column_4:Identifier}), toString({column_5:Identifier}), toString({column_6:Identifier})
            ] AS named
        FROM came
        WHERE {name:String} = '' OR name = {name:String}
    ),
    runs AS
    (
        SELECT
            if(countIf(is_call) > 0, minIf(occurred_at, is_call), min(occurred_at)) AS began_at,
            countIf(is_call) > 0 AND countIf(NOT has_price) = 0 AS is_priced,
            sum(call_usd) AS run_usd,
            groupArrayIf(outcome, NOT is_call) AS outcomes,
            groupUniqArrayArray(arrayZip(asked, named)) AS names,
            arrayMap(
                (dimension, place) -> arrayDistinct(arrayMap(
                    pair -> pair.2, arrayFilter(pair -> pair.1 = dimension AND pair.2 != '', names)
                )),
                asked, arrayEnumerate(asked)
            ) AS values,
            arrayMap(
                (dimension, some) -> if(
                    has(personal, dimension) AND arrayExists(one -> NOT startsWith(one, 'h:'), some),
                    arrayFilter(one -> NOT startsWith(one, 'h:'), some),
                    some
                ),
                asked, values
            ) AS known,
            arrayMap(some -> multiIf(length(some) = 0, '', length(some) = 1, some[1], {several:String}), known) AS cohort
        FROM told
        GROUP BY run_id
        HAVING began_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
           AND began_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
    ),
    parts AS
    (
        SELECT
            cohort,
            is_priced,
            run_usd,
            length(outcomes) = 0 AS is_without,
            arrayJoin(arrayConcat(
                [(true, '', outcomes)],
                arrayMap(
                    one -> (false, one, arrayFilter(outcome -> outcome.1 = one, outcomes)),
                    arrayDistinct(arrayMap(outcome -> outcome.1, outcomes))
                )
            )) AS part
        FROM runs
    )
SELECT
    cohort,
    part.1 AS is_whole,
    part.2 AS name,
    count() AS runs,
    countIf(is_priced) AS priced_runs,
    countIf(is_without) AS runs_without_outcome,
    sum(arraySum(outcome -> outcome.2, part.3)) AS quantity,
    sumIf(arraySum(outcome -> outcome.2, part.3), is_priced) AS priced_quantity,
    sum(arraySum(outcome -> outcome.3, part.3)) AS failed_quantity,
    sum(arraySum(outcome -> outcome.6, part.3)) AS unread,
    sum(run_usd) AS usd,
    sumIf(run_usd, is_priced) AS priced_usd,
    sumIf(run_usd, is_without) AS usd_without_outcome,
    if(
        sum(arraySum(outcome -> outcome.5, part.3)) = 0, NULL,
        sum(arraySum(outcome -> outcome.4, part.3))
    ) AS value_usd,
    if(
        sumIf(arraySum(outcome -> outcome.5, part.3), is_priced) = 0, NULL,
        sumIf(arraySum(outcome -> outcome.4, part.3), is_priced)
    ) AS priced_value_usd
FROM parts
GROUP BY cohort, is_whole, name
ORDER BY cohort, is_whole DESC, name
