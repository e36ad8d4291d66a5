-- Which of these spans are kept already, and since when?
SELECT
    trace_id,
    span_id,
    toUnixTimestamp64Nano(received_at) AS received_ns
FROM spans
WHERE (trace_id, span_id) IN {spans:Array(Tuple(String, String))}
