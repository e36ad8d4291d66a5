SELECT trace_id
FROM ledger
WHERE origin_workflow_run_id IN (SELECT run_id FROM wanted)
   OR workflow_run_id IN (SELECT run_id FROM wanted)
   OR trace_id IN (SELECT run_id FROM wanted)
UNION DISTINCT
SELECT trace_id
FROM root_spans
WHERE workflow_run_id IN (SELECT run_id FROM wanted)
