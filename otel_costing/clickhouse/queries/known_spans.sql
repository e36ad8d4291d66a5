-- Which of these spans are kept already?
SELECT
    trace_id,
    span_id
FROM spans
WHERE (trace_id, span_id) IN {spans:Array(Tuple(String, String))}
