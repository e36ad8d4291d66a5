-- Each closing of a billing month: what it counted, which bookings came too late for it (later than `closed_from`, and not
-- after `open_again_at`), and what was said about it. Of two that close an open month at once the first holds.
CREATE OR REPLACE VIEW closings AS
SELECT
    billing_period,
    change_id,
    entries_until AS closed_from,
    ifNull(next_open, toDateTime64('2299-01-01 00:00:00', 6, 'UTC')) AS open_again_at,
    changed_at AS closed_at,
    changed_by AS closed_by,
    reason,
    entries,
    calls,
    unpriced_calls,
    total_usd,
    entries_digest,
    roots,
    roots_digest
FROM
(
    SELECT
        *,
        lagInFrame(state) OVER before AS state_before,
        min(if(state = 'open', entries_until, NULL)) OVER after AS next_open
    FROM periods
    WINDOW
        before AS (PARTITION BY billing_period ORDER BY changed_at, change_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        after AS (PARTITION BY billing_period ORDER BY changed_at, change_id
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
)
WHERE state = 'closed' AND state_before != 'closed';
