-- The same as `outcomes_by_cohorts`, of a time: which runs began in it, what did they cost whenever that was, and what came of them?
-- Of all runs those are looked at that have a call or an outcome in that time, and roots are looked for in the traces alone in
-- which a call may be of such a run.
WITH
    wanted AS
    (
        SELECT run_id
        FROM resolved_entries(since_ns = {since_ns:Int64}, until_ns = {until_ns:Int64}, days = [], single_days = [], with_roots = true)
        WHERE kind = 'charge'
        UNION DISTINCT
        SELECT run_id
        FROM outcome_runs
        WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
          AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
    ),
    traces AS
    (
        {{traces_of_wanted_runs}}
    ),
    calls AS
    (
        SELECT *, '' AS nothing
        FROM costs_of_traces
        WHERE kind = 'charge' AND trace_id IN (SELECT trace_id FROM traces) AND run_id IN (SELECT run_id FROM wanted)
    ),
    came AS (SELECT *, '' AS nothing FROM outcome_runs WHERE run_id IN (SELECT run_id FROM wanted)),
    {{cohorts}}
