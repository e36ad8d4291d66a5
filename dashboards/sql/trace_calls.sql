-- Which calls did a trace make, and what did each cost? As they stand in the tree.
WITH
    {{trace_tree}}
SELECT
    traced.name AS name,
    traced.service AS service,
    traced.team AS team,
    traced.provider AS provider,
    traced.model AS model,
    traced.status AS status,
    traced.status_reason AS status_reason,
    traced.usd AS usd,
    fromUnixTimestamp64Nano(traced.start_ns, 'UTC') AS started_at,
    traced.duration_ms AS duration_ms,
    traced.error_type AS error_type,
    arrayStringConcat(arrayMap((meter, quantity) -> concat(meter, ' ', toString(quantity)),
        traced.quantities.1, traced.quantities.2), ', ') AS quantities,
    traced.span_id AS span_id
FROM tree
INNER JOIN traced ON traced.span_id = tree.span_id
WHERE traced.status != ''
ORDER BY tree.path
