-- Every entry with the month in which it counts: the one it was booked in, or the first after it that was open when it was
-- booked, so that an entry whose writer had not seen the closing changes no closed month. A charge that was taken back and
-- the reversal that did so name each other's month and booking as `counterpart_in` and `counterpart_at`.
CREATE OR REPLACE VIEW billed AS
WITH
    (SELECT groupArray((billing_period, closed_from, open_again_at)) FROM closings) AS shut,
    placed AS
    (
        SELECT
            entry.* REPLACE (
                if(
                    arrayExists(one -> one.1 = entry.billing_period AND one.2 < entry.booked_at
                        AND entry.booked_at <= one.3, shut),
                    arrayFirst(
                        month -> NOT arrayExists(one -> one.1 = month AND one.2 < entry.booked_at
                            AND entry.booked_at <= one.3, shut),
                        arrayMap(
                            n -> formatDateTime(addMonths(toDate32(concat(entry.billing_period, '-01')), n), '%Y-%m'),
                            range(length(shut) + 1)
                        )
                    ),
                    entry.billing_period
                ) AS billing_period
            )
        FROM ledger AS entry FINAL
    ),
    pairs AS
    (
        SELECT
            call_id,
            revision,
            anyIf((booked_at, billing_period), kind = 'charge') AS charged,
            anyIf((booked_at, billing_period), kind = 'reversal') AS taken_back
        FROM placed
        WHERE kind IN ('charge', 'reversal')
          AND (call_id, revision) IN (SELECT call_id, revision FROM ledger WHERE kind = 'reversal')
        GROUP BY call_id, revision
    ),
    multiIf(pairs.call_id = '', NULL, placed.kind = 'charge', pairs.taken_back, placed.kind = 'reversal', pairs.charged, NULL)
        AS counterpart
SELECT
    placed.*,
    counterpart.1 AS counterpart_at,
    counterpart.2 AS counterpart_in
FROM placed
LEFT JOIN pairs ON pairs.call_id = placed.call_id AND pairs.revision = placed.revision;
