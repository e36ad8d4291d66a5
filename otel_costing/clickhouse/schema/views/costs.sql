-- What analysts read: every entry that no reversal takes back, so one row per call, beside adjustments, with
-- `calls = sum(sign)`. A missing origin is taken from the root of the trace, once that is known, but for calls in
-- quarantine, which nobody pays for yet. An origin is verified where the root came under that team's identity.
CREATE OR REPLACE VIEW costs AS
WITH roots AS
(
    SELECT
        trace_id,
        argMin((team, workflow, workflow_run_id, feature, authenticated_team), (start, span_id)) AS root
    FROM root_spans
    WHERE trace_id IN
      (
          SELECT trace_id FROM ledger WHERE origin_source = 'none'
          UNION DISTINCT
          SELECT trace_id FROM root_spans WHERE authenticated_team != ''
      )
    GROUP BY trace_id
),
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
  AND (entry.call_id, entry.revision) NOT IN (SELECT call_id, revision FROM ledger WHERE kind = 'reversal');
