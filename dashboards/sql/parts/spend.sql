(
    -- Whole days of which the rollup has seen every entry, and those that are the ledger's: cut ones, and ones that have grown.
    SELECT (groupArrayIf(day, is_rolled_up), groupArrayIf(day, NOT is_rolled_up))
    FROM
    (
        SELECT
            standing.day AS day,
            standing.entries = rolled_up.entries
                AND toUnixTimestamp64Nano(toDateTime64(day, 9, 'UTC')) >= since_ns
                AND toUnixTimestamp64Nano(toDateTime64(day + 1, 9, 'UTC')) <= until_ns AS is_rolled_up
        FROM
        (
            SELECT toDate(occurred_at) AS day, count() AS entries
            FROM ledger
            WHERE occurred_at >= fromUnixTimestamp64Nano(since_ns, 'UTC')
              AND occurred_at < fromUnixTimestamp64Nano(until_ns, 'UTC')
            GROUP BY day
        ) AS standing
        LEFT JOIN
        (
            SELECT day, any(ledger_entries) AS entries
            FROM rollup_daily
            GROUP BY day
        ) AS rolled_up ON rolled_up.day = standing.day
    )
) AS days,
spend AS
(
    SELECT
        day, team, project, workflow, feature, environment, purpose, provider, model,
        origin_team, origin_workflow, origin_feature, status, calls, partial_calls, unpriced_calls, usd
    FROM rollup_daily
    WHERE day IN days.1
    UNION ALL
    SELECT
        toDate(occurred_at) AS day, team, project, workflow, feature, environment, purpose, provider, model,
        origin_team, origin_workflow, origin_feature, status,
        sum(sign) AS calls,
        sum(if(status = 'partial', sign, 0)) AS partial_calls,
        sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
        if(sum(if(total_usd IS NULL, 0, sense)) = 0, NULL, sum(total_usd)) AS usd
    FROM resolved_entries(
        since_ns = since_ns, until_ns = until_ns,
        days = if(empty(days.2), [toDate(0)], days.2), single_days = [], with_roots = with_roots)
    GROUP BY ALL
    HAVING sum(sense) != 0
)
