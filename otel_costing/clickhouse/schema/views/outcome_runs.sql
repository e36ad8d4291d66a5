-- Each outcome with the run that it came of, on the caller's side as `costs` has it: a missing origin is taken from the root
-- of the trace, as far as the outcome does not name a workflow or a feature of its own. Where neither says a run it is
-- the one that the calls of the trace are of, else the one that the outcome names itself, the trace, or the outcome alone.
CREATE OR REPLACE VIEW outcome_runs AS
WITH
    roots AS
    (
        SELECT
            trace_id,
            argMin((team, workflow, workflow_run_id, feature), (start, span_id)) AS root
        FROM root_spans
        WHERE trace_id IN (SELECT trace_id FROM outcomes WHERE origin_source = 'none' AND trace_id != '')
        GROUP BY trace_id
    ),
    callers AS
    (
        SELECT
            outcome.* REPLACE
            (
                if(is_taken_from_root AND outcome.origin_team = '', roots.root.1, outcome.origin_team) AS origin_team,
                if(is_taken_from_root AND outcome.origin_workflow = '', roots.root.2, outcome.origin_workflow)
                    AS origin_workflow,
                if(is_taken_from_root, roots.root.3, outcome.origin_workflow_run_id) AS origin_workflow_run_id,
                if(is_taken_from_root AND outcome.origin_feature = '', roots.root.4, outcome.origin_feature) AS origin_feature,
                if(is_taken_from_root, 'root', outcome.origin_source) AS origin_source
            ),
            outcome.origin_source = 'none' AND roots.trace_id != '' AS is_taken_from_root,
            multiIf(
                is_taken_from_root, roots.root.3,
                outcome.origin_workflow_run_id != '', outcome.origin_workflow_run_id,
                outcome.workflow_run_id
            ) AS said_run_id
        FROM outcomes AS outcome FINAL
        LEFT JOIN roots ON roots.trace_id = outcome.trace_id
    ),
    traces AS
    (
        SELECT
            trace_id,
            any(calls.run_id) AS run_id
        FROM costs_of_traces AS calls
        WHERE kind = 'charge' AND trace_id IN (SELECT trace_id FROM callers WHERE said_run_id = '' AND trace_id != '')
        GROUP BY trace_id
        HAVING uniqExact(calls.run_id) = 1
    )
SELECT
    callers.* EXCEPT (booked_first, is_taken_from_root, said_run_id),
    multiIf(
        callers.said_run_id != '', callers.said_run_id,
        traces.run_id != '', traces.run_id,
        callers.workflow_run_id != '', callers.workflow_run_id,
        callers.trace_id != '', callers.trace_id,
        callers.outcome_id
    ) AS run_id
FROM callers
LEFT JOIN traces ON traces.trace_id = callers.trace_id;
