-- What stands of the calls of a trace, as far as its tree tells of it? Of two rows of one entry the first booked holds, as in
-- `entries_of_trace`; no other columns are read, which is what takes the time.
SELECT
    span_id,
    parent_span_id,
    operation,
    model,
    service,
    team,
    status,
    sign,
    total_usd,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    duration_ms,
    error_type,
    `items.meter`,
    `items.quantity`,
    `items.unit`,
    `items.list_unit_price`,
    `items.unit_price`,
    `items.per`,
    `items.list_amount_usd`,
    `items.amount_usd`
FROM
(
    SELECT *, countIf(kind = 'reversal') OVER (PARTITION BY call_id, revision) AS taken_back
    FROM
    (
        SELECT *
        FROM ledger
        WHERE trace_id = {trace_id:String}
        ORDER BY booked_first DESC
        LIMIT 1 BY ended_on, call_id, entry_id
    )
)
WHERE taken_back = 0
ORDER BY occurred_at, call_id, revision, sign
