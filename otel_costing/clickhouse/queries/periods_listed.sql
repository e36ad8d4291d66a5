-- How does each billing month stand that has entries or was ever closed, and what does it count?
WITH
    counted AS
    (
        SELECT billing_period, count() AS entries, sum(sign) AS calls, sum(total_usd) AS total_usd
        FROM billed
        GROUP BY billing_period
    ),
    closed AS (SELECT * FROM closings WHERE open_again_at > now64(6)),
    months AS
    (
        SELECT billing_period FROM counted
        UNION DISTINCT
        SELECT billing_period FROM periods
    ),
    last AS
    (
        SELECT
            billing_period,
            argMax((state, changed_at, changed_by, reason), (changed_at, change_id)) AS change
        FROM periods
        GROUP BY billing_period
    )
SELECT
    months.billing_period AS billing_period,
    if(closed.billing_period != '', 'closed', 'open') AS status,
    counted.entries AS entries,
    counted.calls AS calls,
    counted.total_usd AS total_usd,
    if(last.billing_period != '', toUnixTimestamp64Micro(last.change.2), NULL) AS changed_at_us,
    last.change.3 AS changed_by,
    last.change.4 AS reason,
    if(closed.billing_period != '', toUnixTimestamp64Micro(closed.closed_from), NULL) AS entries_until_us,
    closed.entries_digest AS entries_digest,
    closed.roots_digest AS roots_digest
FROM months
LEFT JOIN counted ON counted.billing_period = months.billing_period
LEFT JOIN closed ON closed.billing_period = months.billing_period
LEFT JOIN last ON last.billing_period = months.billing_period
ORDER BY billing_period
