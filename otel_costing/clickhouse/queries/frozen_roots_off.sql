-- Which roots of a closing are not what was frozen, as far as that can be told one by one: by the digest that was frozen
-- with each, by the traces of its month, and by `spans` as it was known when the month was closed? One of some parts of all
-- traces.
WITH
    of_month AS
    (
        SELECT DISTINCT trace_id
        FROM billed
        WHERE billing_period = {period:String}
          AND booked_at <= fromUnixTimestamp64Micro({until_us:Int64}, 'UTC')
          AND cityHash64(trace_id) % {parts:UInt64} = {part:UInt64}
    ),
    told AS
    (
        SELECT
            trace_id,
            'month' AS told_by,
            false AS is_edited,
            ('', toDateTime64(0, 9, 'UTC'), '', '', '', '', '') AS root
        FROM of_month
        UNION ALL
        SELECT
            trace_id,
            'frozen' AS told_by,
            root_digest != SHA256(states) AS is_edited,
            (span_id, start, toString(team), toString(workflow), workflow_run_id, toString(feature),
                toString(authenticated_team)) AS root
        FROM frozen_roots FINAL
        WHERE change_id = {change_id:String}
          AND cityHash64(trace_id) % {parts:UInt64} = {part:UInt64}
        UNION ALL
        SELECT
            trace_id,
            'spans' AS told_by,
            false AS is_edited,
            argMin(
                (span_id, start, toString(team), toString(workflow), workflow_run_id, toString(feature),
                    toString(authenticated_team)),
                (start, span_id)
            ) AS root
        FROM spans
        WHERE parent_span_id = ''
          AND booked_at <= fromUnixTimestamp64Micro({until_us:Int64}, 'UTC')
          AND trace_id IN (SELECT trace_id FROM of_month)
        GROUP BY trace_id
    )
SELECT
    trace_id,
    anyIf(root, told_by = 'frozen') AS frozen,
    anyIf(root, told_by = 'spans') AS known,
    countIf(told_by = 'frozen') > 0 AS is_frozen,
    multiIf(
        is_frozen AND countIf(told_by = 'month') = 0, 'added',
        max(is_edited), 'edited',
        NOT is_frozen AND countIf(told_by = 'spans') > 0, 'gone',
        is_frozen AND countIf(told_by = 'spans') > 0 AND frozen.1 = known.1 AND frozen != known, 'edited',
        ''
    ) AS found
FROM told
GROUP BY trace_id
HAVING found != ''
ORDER BY trace_id
LIMIT {most:UInt32}
