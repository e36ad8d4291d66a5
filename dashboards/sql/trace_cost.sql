-- What did each span of a trace cost, itself and with all below it? Depth first, by start: what a flame graph reads.
-- What cannot be priced has no width; its label says so. Several roots stand side by side below the trace.
WITH
    {{trace_tree}},
    below AS
    (
        SELECT arrayJoin(path) AS place, sum(usd) AS usd
        FROM tree
        INNER JOIN traced ON traced.span_id = tree.span_id
        GROUP BY place
    )
SELECT label, level, value, self
FROM
(
    SELECT
        CAST([], 'Array(UInt32)') AS path,
        'Trace' AS label,
        0 AS level,
        toFloat64(sum(usd)) AS value,
        0. AS self
    FROM traced
    UNION ALL
    SELECT
        tree.path,
        concat(
            traced.name,
            if(traced.service = '', '', concat(' · ', traced.service)),
            multiIf(traced.unpriced_calls > 0, ' (no price)', traced.status = 'partial', ' (not all priced)', ''),
            if(tree.missing_parent = '', '', ' (parent not known)')
        ),
        tree.depth,
        toFloat64(ifNull(below.usd, 0)),
        toFloat64(ifNull(traced.usd, 0))
    FROM tree
    INNER JOIN traced ON traced.span_id = tree.span_id
    INNER JOIN below ON below.place = tree.place
)
WHERE (SELECT sum(usd) FROM traced) > 0
ORDER BY path
