-- Who pays for these calls, and where is that known from?
SELECT
    call_id,
    origin_team,
    origin_workflow,
    origin_workflow_run_id,
    origin_feature,
    origin_source,
    origin_verified
FROM costs
WHERE call_id IN {call_ids:Array(String)}
  AND kind = 'charge'
