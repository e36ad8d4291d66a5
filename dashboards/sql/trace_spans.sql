-- What does the trace panel draw of a trace? Every span, and every call whose span was not kept, under what stands above it.
-- A parent that is not known, or that leads back in a circle, is left out, as the panel would leave out what is below it.
WITH
    {{trace_tree}},
    below AS
    (
        SELECT arrayJoin(path) AS place, sum(usd) AS usd
        FROM tree
        INNER JOIN traced ON traced.span_id = tree.span_id
        GROUP BY place
    )
SELECT
    {{trace_id}} AS traceID,
    traced.span_id AS spanID,
    if(tree.depth = 1, '', traced.parent_span_id) AS parentSpanID,
    if(traced.service = '', 'unknown', traced.service) AS serviceName,
    traced.name AS operationName,
    fromUnixTimestamp64Nano(traced.start_ns, 'UTC') AS startTime,
    traced.duration_ms AS duration,
    traced.kind AS kind,
    if(traced.is_failed, 2, 0) AS statusCode,
    traced.error_type AS statusMessage,
    arrayMap(tag -> map('key', tag.1, 'value', tag.2), arrayFilter(tag -> tag.2 != '', [
        ('cost.usd', if(traced.status = '', '', ifNull(toString(traced.usd), 'no price'))),
        ('cost.usd.with_all_below', ifNull(toString(below.usd), '')),
        ('cost.status', traced.status),
        ('cost.status_reason', traced.status_reason),
        ('provider', traced.provider),
        ('model', traced.model),
        ('quantities', arrayStringConcat(arrayMap((meter, quantity) -> concat(meter, ' ', toString(quantity)),
            traced.quantities.1, traced.quantities.2), ', ')),
        ('team.calls_into', if(tree.team_above != '' AND traced.team NOT IN ('', tree.team_above),
            concat(tree.team_above, ' -> ', traced.team), '')),
        ('span.kept', if(traced.is_kept, '', 'no: the ledger has its call alone')),
        ('span.parent_not_known', tree.missing_parent)
    ])) AS tags,
    arrayMap(tag -> map('key', tag.1, 'value', tag.2), [('team', if(traced.team = '', 'unattributed', traced.team))]) AS serviceTags
FROM tree
INNER JOIN traced ON traced.span_id = tree.span_id
INNER JOIN below ON below.place = tree.place
ORDER BY tree.path
