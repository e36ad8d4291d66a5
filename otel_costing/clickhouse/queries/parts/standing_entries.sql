entry.origin_source = 'none' AND roots.trace_id != '' AND NOT mapContains(entry.tags, 'quarantine')
    AS is_taken_from_root,
if(is_taken_from_root, roots.root.1, entry.origin_team) AS caller,
if(is_taken_from_root, if(roots.root.3 = '', entry.trace_id, roots.root.3), entry.origin_workflow_run_id) AS origin_run
SELECT
    entry.* REPLACE (
        caller AS origin_team,
        if(is_taken_from_root, roots.root.2, entry.origin_workflow) AS origin_workflow,
        origin_run AS origin_workflow_run_id,
        if(is_taken_from_root, roots.root.4, entry.origin_feature) AS origin_feature,
        if(is_taken_from_root, 'root', entry.origin_source) AS origin_source
    ),
    toBool(caller != '' AND caller = roots.root.5) AS origin_verified,
    multiIf(origin_run != '', origin_run, entry.workflow_run_id != '', entry.workflow_run_id, entry.trace_id) AS run_id
FROM ledger AS entry FINAL
LEFT JOIN roots ON roots.trace_id = entry.trace_id
WHERE entry.kind != 'reversal'
  AND (entry.call_id, entry.revision) NOT IN (SELECT call_id, revision FROM ledger WHERE kind = 'reversal')
