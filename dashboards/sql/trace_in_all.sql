-- What did a trace come to, and what is known of it?
WITH
    {{trace_tree}}
SELECT
    sum(traced.usd) AS usd,
    sum(traced.calls) AS calls,
    sum(traced.unpriced_calls) AS unpriced_calls,
    count() AS spans,
    max(tree.depth) AS depth,
    uniqExactIf(traced.team, traced.team != '') AS teams,
    countIf(tree.team_above != '' AND traced.team NOT IN ('', tree.team_above)) AS boundaries,
    countIf(traced.is_failed) AS failed,
    countIf(traced.is_kept AND traced.span_id IN (SELECT span_id FROM retrying_spans WHERE trace_id = {{trace_id}})) AS retries,
    uniqExactIf(tree.missing_parent, tree.missing_parent != '') AS missing_parents,
    intDiv(max(traced.start_ns + traced.duration_ms * 1000000) - min(traced.start_ns), 1000000) AS duration_ms
FROM tree
INNER JOIN traced ON traced.span_id = tree.span_id
HAVING spans > 0
