-- What did answers cost beside what evaluators found of them, broken down by up to four dimensions of their calls?
-- A case is one call under one metric: the last of its evaluations that did not fail counts. A dimension that is not asked
-- for is `nothing`.
WITH cases AS
(
    SELECT
        [
            toString({dim_1:Identifier}), toString({dim_2:Identifier}), toString({dim_3:Identifier}),
            toString({dim_4:Identifier})
        ] AS named,
        toString(name) AS metric,
        countIf(error_type = '') > 0 AS is_told,
        argMaxIf(
            (score_value, toString(score_label)), (evaluated_at, evaluation_id), error_type = ''
        ) AS last,
        any(status) = 'priced' AS is_priced,
        any(total_usd) AS call_usd,
        if({by_score:Bool}, isNotNull(last.1), last.2 != '') AS is_judged,
        is_judged AND if({by_score:Bool}, ifNull(last.1 >= {at_least:Float64}, false), has({labels:Array(String)}, lowerUTF8(last.2)))
            AS is_passed,
        ifNull(abs(last.1) <= {largest:Float64}, false) AS is_scored,
        if(is_scored, toInt128(round(ifNull(last.1, 0) * 1000000)), 0) AS points
    FROM (SELECT *, '' AS nothing FROM evaluated_calls)
    WHERE call_id IS NOT NULL
      AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
      AND ({name:String} = '' OR name = {name:String})
    GROUP BY named, metric, call_id
)
SELECT
    named,
    metric,
    countIf(is_told) AS cases,
    countIf(is_told AND NOT is_priced) AS unpriced_cases,
    sumIf(call_usd, is_told) AS usd,
    countIf(is_told AND is_judged) AS judged_cases,
    countIf(is_told AND is_passed) AS passed_cases,
    sumIf(call_usd, is_told AND is_judged AND is_priced) AS judged_usd,
    countIf(is_told AND is_passed AND is_priced) AS priced_passed_cases,
    countIf(is_told AND is_scored) AS scored_cases,
    sumIf(points, is_told AND is_scored) AS points_micro,
    sumIf(call_usd, is_told AND is_scored AND is_priced) AS scored_usd,
    sumIf(points, is_told AND is_scored AND is_priced) AS priced_points_micro,
    countIf(NOT is_told) AS failed_cases
FROM cases
GROUP BY named, metric
ORDER BY metric, named
