-- Which spans does anything here tell of? Trace and span id, as bytes.
SELECT toFixedString(unhex(concat(trace_id, span_id)), 24) AS id
FROM
(
    SELECT trace_id, span_id FROM spans
    UNION ALL
    SELECT trace_id, span_id FROM ledger
    UNION ALL
    SELECT trace_id, span_id FROM sightings
    UNION ALL
    SELECT trace_id, span_id FROM findings
)
WHERE length(trace_id) = 32
  AND length(span_id) = 16
