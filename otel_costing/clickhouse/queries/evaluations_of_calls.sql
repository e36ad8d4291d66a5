-- What did evaluators find of these calls' answers?
SELECT
    call_id,
    name,
    score_value,
    score_label,
    linked_by,
    evaluator_service,
    toUnixTimestamp64Nano(evaluated_at) AS evaluated_ns
FROM evaluated_calls
WHERE call_id IN {call_ids:Array(String)}
ORDER BY call_id, evaluated_at, name
