-- What was found about these calls, or points to them?
SELECT
    finding_id,
    kind,
    call_id,
    of_call_id,
    trace_id,
    span_id,
    detail,
    batch_id,
    toUnixTimestamp64Micro(found_at) AS found_us
FROM findings FINAL
WHERE call_id IN {call_ids:Array(String)}
   OR of_call_id IN {call_ids:Array(String)}
ORDER BY found_at, finding_id
