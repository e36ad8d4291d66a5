-- Every entry of the calls between two instants, on some days or on all, once, with the origin that `costs` gives it;
-- reversals among them. A reversal negates what its charge said and says the rest again, so sums over these are sums over
-- what stands, at a fraction of the time. Copies of an entry are looked for on `days`, on all where no day is named, and not on
-- `single_days`, which are known to have none: that takes half the time. Roots are looked for in the traces of these calls
-- alone, and not at all where origins do not matter; then each is as it was booked.
CREATE OR REPLACE VIEW resolved_entries AS
WITH roots AS
(
    SELECT
        trace_id,
        argMin(team, (start, span_id)) AS root_team,
        argMin(workflow, (start, span_id)) AS root_workflow,
        argMin(workflow_run_id, (start, span_id)) AS root_workflow_run_id,
        argMin(feature, (start, span_id)) AS root_feature,
        argMin(authenticated_team, (start, span_id)) AS root_authenticated_team
    FROM root_spans
    WHERE {with_roots:Bool}
      AND trace_id IN
      (
          SELECT trace_id
          FROM ledger
          WHERE {with_roots:Bool}
            AND origin_source = 'none'
            AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
            AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
            AND (empty({days:Array(Date)}) AND empty({single_days:Array(Date)})
                OR has({days:Array(Date)}, toDate(occurred_at))
                OR has({single_days:Array(Date)}, toDate(occurred_at)))
          UNION DISTINCT
          SELECT trace_id FROM root_spans WHERE {with_roots:Bool} AND authenticated_team != ''
      )
    GROUP BY trace_id
),
entry.origin_source = 'none' AND roots.trace_id != '' AND NOT mapContains(entry.tags, 'quarantine')
    AS is_taken_from_root,
if(is_taken_from_root, roots.root_team, entry.origin_team) AS caller,
if(is_taken_from_root, if(roots.root_workflow_run_id = '', entry.trace_id, roots.root_workflow_run_id),
    entry.origin_workflow_run_id) AS origin_run
SELECT
    entry.* REPLACE (
        caller AS origin_team,
        if(is_taken_from_root, roots.root_workflow, entry.origin_workflow) AS origin_workflow,
        origin_run AS origin_workflow_run_id,
        if(is_taken_from_root, roots.root_feature, entry.origin_feature) AS origin_feature,
        if(is_taken_from_root, 'root', entry.origin_source) AS origin_source
    ),
    toBool(caller != '' AND caller = roots.root_authenticated_team) AS origin_verified,
    multiIf(origin_run != '', origin_run, entry.workflow_run_id != '', entry.workflow_run_id, entry.trace_id) AS run_id,
    if(entry.kind = 'reversal', -1, 1) AS sense
FROM
(
    SELECT *
    FROM ledger FINAL
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
      AND if(empty({days:Array(Date)}), empty({single_days:Array(Date)}), toDate(occurred_at) IN {days:Array(Date)})
    UNION ALL
    SELECT *
    FROM ledger
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
      AND notEmpty({single_days:Array(Date)})
      AND toDate(occurred_at) IN {single_days:Array(Date)}
) AS entry
LEFT JOIN roots ON roots.trace_id = entry.trace_id AND {with_roots:Bool};
