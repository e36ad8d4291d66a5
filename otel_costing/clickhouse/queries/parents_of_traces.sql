-- Which span stands above which in these traces?
SELECT
    trace_id,
    span_id,
    parent_span_id
FROM spans FINAL
WHERE trace_id IN {trace_ids:Array(String)}
