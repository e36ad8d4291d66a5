-- What was found in this time? Of one call's findings of a kind the latest holds.
WITH
    found AS
    (
        SELECT kind, call_id, max(found_at) AS last_at, count() AS findings
        FROM findings FINAL
        WHERE $__timeFilter(found_at)
        GROUP BY kind, call_id
    ),
    standing AS
    (
        -- A reversal says what it takes back with the other sign.
        SELECT call_id, sum(total_usd) AS usd
        FROM ledger FINAL
        WHERE call_id IN (SELECT call_id FROM found)
        GROUP BY call_id
    )
SELECT
    kind,
    sum(found.findings) AS findings,
    uniqExactIf(found.call_id, found.call_id != '') AS calls,
    sum(standing.usd) AS usd,
    max(found.last_at) AS last_at
FROM found
LEFT JOIN standing ON standing.call_id = found.call_id
GROUP BY kind
ORDER BY kind
