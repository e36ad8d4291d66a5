-- Which calls does a name mean: the id of a call, of a trace, of a span of a trace, or of a response? Also those that another
-- account stands for. An adjustment is of no call.
SELECT
    call_id,
    min(at) AS occurred_at
FROM
(
    SELECT call_id, occurred_at AS at
    FROM ledger
    WHERE kind != 'adjustment'
      AND
      (
          (call_id = {call_id:String} AND call_id != '')
          OR (trace_id = {trace_id:String} AND trace_id != '' AND {span_id:String} IN ('', span_id))
          OR (response_id = {response_id:String} AND response_id != '')
      )
    UNION ALL
    SELECT call_id, occurred_at AS at
    FROM sightings
    WHERE (call_id = {call_id:String} AND call_id != '')
       OR (trace_id = {trace_id:String} AND trace_id != '' AND span_id = {span_id:String})
    UNION ALL
    SELECT of_call_id AS call_id, found_at AS at
    FROM findings
    WHERE kind IN ('duplicate', 'wrapper')
      AND of_call_id != ''
      AND
      (
          (findings.call_id = {call_id:String} AND findings.call_id != '')
          OR (trace_id = {trace_id:String} AND trace_id != '' AND span_id = {span_id:String})
      )
)
GROUP BY call_id
ORDER BY occurred_at, call_id
LIMIT {most:UInt32}
