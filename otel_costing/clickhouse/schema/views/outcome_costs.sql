-- Each outcome beside what the whole run that it came of cost: null where no call of that run has a price. A run may have
-- several outcomes, so sum its cost once for each `run_id`. Roots are looked for in the traces alone in which a call may be of
-- such a run.
CREATE OR REPLACE VIEW outcome_costs AS
WITH wanted AS
(
    SELECT DISTINCT run_id
    FROM outcome_runs
),
traces AS
(
    {{traces_of_wanted_runs}}
),
runs AS
(
    SELECT
        run_id,
        sum(sign) AS calls,
        countIf(status != 'priced') AS calls_not_priced,
        sum(total_usd) AS usd
    FROM costs_of_traces
    WHERE kind = 'charge' AND trace_id IN (SELECT trace_id FROM traces) AND run_id IN (SELECT run_id FROM wanted)
    GROUP BY run_id
)
SELECT
    outcome.*,
    runs.calls AS calls,
    runs.calls_not_priced AS calls_not_priced,
    runs.usd AS usd
FROM outcome_runs AS outcome
LEFT JOIN runs ON runs.run_id = outcome.run_id;
