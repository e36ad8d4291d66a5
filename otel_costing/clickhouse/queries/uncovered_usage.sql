-- Which aggregates of these traces were last found to say more than the calls beneath them?
SELECT
    call_id,
    argMax(detail, found_at) AS last_detail
FROM findings
WHERE kind = 'uncovered_usage'
  AND trace_id IN {trace_ids:Array(String)}
GROUP BY call_id
