-- Does what was booked in this time hold what a ledger must?
WITH
    booked AS
    (
        SELECT *
        FROM ledger
        WHERE $__timeFilter(booked_at)
    )
SELECT
    count() AS entries,
    countIf(kind != 'adjustment' AND total_usd != arraySum(amount -> ifNull(amount, 0), items.amount_usd)) AS wrong_totals,
    (
        SELECT count()
        FROM
        (
            SELECT call_id
            FROM ledger FINAL
            WHERE call_id IN (SELECT call_id FROM booked)
            GROUP BY call_id
            HAVING sum(sign) NOT IN (0, 1)
        )
    ) AS unbalanced_calls,
    (
        SELECT count()
        FROM
        (
            SELECT toDate(occurred_at) AS day, count() AS entries
            FROM ledger FINAL
            WHERE toDate(occurred_at) IN (SELECT DISTINCT toDate(occurred_at) FROM booked)
            GROUP BY day
        ) AS standing
        LEFT JOIN (SELECT day, any(ledger_entries) AS entries FROM rollup_daily GROUP BY day) AS built ON built.day = standing.day
        WHERE built.entries < standing.entries
    ) AS days_behind
FROM booked
HAVING entries > 0
