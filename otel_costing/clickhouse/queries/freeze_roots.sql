-- Which roots of traces are known that the calls of a billing month take their origin from, or are verified by? One of some
-- parts of all traces.
INSERT INTO frozen_roots
    (change_id, billing_period, trace_id, span_id, start, team, workflow, workflow_run_id, feature, authenticated_team, booked_at)
SELECT
    {change_id:String},
    {period:String},
    trace_id,
    argMin(span_id, (start, span_id)),
    min(start),
    argMin(team, (start, span_id)),
    argMin(workflow, (start, span_id)),
    argMin(workflow_run_id, (start, span_id)),
    argMin(feature, (start, span_id)),
    argMin(authenticated_team, (start, span_id)),
    argMin(booked_at, (start, span_id))
FROM root_spans
WHERE booked_at <= fromUnixTimestamp64Micro({until_us:Int64}, 'UTC')
  AND cityHash64(trace_id) % {parts:UInt64} = {part:UInt64}
  AND trace_id IN
  (
      SELECT trace_id
      FROM billed
      WHERE billing_period = {period:String}
        AND booked_at <= fromUnixTimestamp64Micro({until_us:Int64}, 'UTC')
        AND cityHash64(trace_id) % {parts:UInt64} = {part:UInt64}
  )
GROUP BY trace_id
ORDER BY ALL
