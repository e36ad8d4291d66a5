-- What did one outcome cost? Runs count whole; their calls are looked for up to seven days before what came of them.
WITH
    toUnixTimestamp64Nano(toDateTime64($__fromTime_ms, 9, 'UTC')) AS came_since_ns,
    toUnixTimestamp64Nano(toDateTime64($__toTime_ms, 9, 'UTC')) + 1000000 AS came_until_ns,
    came_since_ns - 7 * 86400000000000 AS since_ns,
    came_until_ns + 86400000000000 AS until_ns,
    {{caller}},
    came AS
    (
        SELECT *
        FROM
        (
            SELECT * REPLACE (
                {{names_of_work}}
            )
            FROM outcome_runs
            WHERE occurred_at >= fromUnixTimestamp64Nano(came_since_ns, 'UTC')
              AND occurred_at < fromUnixTimestamp64Nano(came_until_ns, 'UTC')
        )
        WHERE {{filters_of_work}}
    ),
    outcomes_of_runs AS
    (
        SELECT name, run_id, sum(if(success, quantity, 0)) AS run_quantity
        FROM came
        GROUP BY name, run_id
    ),
    costs_of_runs AS
    (
        SELECT
            run_id,
            sum(total_usd) AS run_usd,
            countIf(status != 'priced') AS run_calls_not_priced
        FROM resolved_entries(
            since_ns = since_ns, until_ns = until_ns, days = [], single_days = [], with_roots = with_roots)
        WHERE {{standing}} AND run_id IN (SELECT run_id FROM came)
        GROUP BY run_id
    ),
    joined AS
    (
        SELECT *, costs_of_runs.run_id != '' AND run_calls_not_priced = 0 AS is_priced
        FROM outcomes_of_runs
        LEFT JOIN costs_of_runs ON costs_of_runs.run_id = outcomes_of_runs.run_id
    )
SELECT
    name AS outcome,
    count() AS all_runs,
    countIf(NOT is_priced) AS runs_not_priced,
    sum(run_quantity) AS all_outcomes,
    sumIf(run_usd, is_priced) AS priced_usd,
    sum(if(is_priced, run_quantity, 0)) AS priced_outcomes,
    priced_usd / nullIf(priced_outcomes, 0) AS outcome_usd
FROM joined
GROUP BY outcome
ORDER BY outcome
