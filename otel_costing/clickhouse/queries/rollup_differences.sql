-- On which of some days does `rollup_daily` say something else than `costs`, of calls or of their lines?
WITH
    said AS
    (
        SELECT
            day,
            sum(rows_digest) AS rows_digest,
            sum(usd) AS usd,
            sum(calls) AS calls
        FROM
        (
            SELECT
                day,
                cityHash64(team, project, workflow, feature, environment, purpose, service, provider, model, origin_team,
                    origin_workflow, origin_feature, origin_verified, status, toInt64(calls), toInt64(partial_calls),
                    toInt64(unpriced_calls), toString(usd IS NULL), ifNull(toString(usd), '')) AS rows_digest,
                usd,
                calls
            FROM rollup_daily
            WHERE day IN {days:Array(Date)}
            UNION ALL
            SELECT
                day,
                cityHash64(team, project, workflow, feature, environment, purpose, service, provider, model, origin_team,
                    origin_workflow, origin_feature, origin_verified, status, meter, toInt64(lines),
                    toInt64(quantity), toString(amount IS NULL), ifNull(toString(amount), '')) AS rows_digest,
                NULL AS usd,
                0 AS calls
            FROM rollup_daily
            ARRAY JOIN meters.meter AS meter, meters.lines AS lines, meters.quantity AS quantity, meters.usd AS amount
            WHERE day IN {days:Array(Date)}
        )
        GROUP BY day
    ),
    known AS
    (
        SELECT
            day,
            sum(rows_digest) AS rows_digest,
            sum(usd) AS usd,
            sum(calls) AS calls
        FROM
        (
            SELECT
                toDate(occurred_at) AS day,
                sum(total_usd) AS usd,
                sum(sign) AS calls,
                cityHash64(team, project, workflow, feature, environment, purpose, service, provider, model, origin_team,
                    origin_workflow, origin_feature, origin_verified, status, toInt64(sum(sign)),
                    toInt64(sum(if(status = 'partial', sign, 0))), toInt64(sum(if(status = 'unpriced', sign, 0))),
                    toString(sum(total_usd) IS NULL), ifNull(toString(sum(total_usd)), '')) AS rows_digest
            FROM costs
            WHERE occurred_at >= toDateTime64({first_day:Date}, 9, 'UTC')
              AND occurred_at < toDateTime64({last_day:Date} + 1, 9, 'UTC')
              AND toDate(occurred_at) IN {days:Array(Date)}
            GROUP BY day, team, project, workflow, feature, environment, purpose, service, provider, model, origin_team,
                    origin_workflow, origin_feature, origin_verified, status
            UNION ALL
            SELECT
                toDate(occurred_at) AS day,
                NULL AS usd,
                0 AS calls,
                cityHash64(team, project, workflow, feature, environment, purpose, service, provider, model, origin_team,
                    origin_workflow, origin_feature, origin_verified, status, meter, toInt64(sum(sign)),
                    toInt64(ifNull(sum(quantity), 0)), toString(sum(amount_usd) IS NULL), ifNull(toString(sum(amount_usd)), ''))
                    AS rows_digest
            FROM cost_lines
            WHERE occurred_at >= toDateTime64({first_day:Date}, 9, 'UTC')
              AND occurred_at < toDateTime64({last_day:Date} + 1, 9, 'UTC')
              AND toDate(occurred_at) IN {days:Array(Date)}
            GROUP BY day, meter, team, project, workflow, feature, environment, purpose, service, provider, model, origin_team,
                    origin_workflow, origin_feature, origin_verified, status
        )
        GROUP BY day
    )
SELECT
    asked.day AS day,
    said.usd AS rollup_usd,
    known.usd AS ledger_usd,
    toInt64(said.calls) AS rollup_calls,
    toInt64(known.calls) AS ledger_calls
FROM (SELECT arrayJoin({days:Array(Date)}) AS day) AS asked
LEFT JOIN said ON said.day = asked.day
LEFT JOIN known ON known.day = asked.day
WHERE said.rows_digest != known.rows_digest
ORDER BY day
