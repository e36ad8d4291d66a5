-- On which days are calls of the traces whose roots came after an instant?
SELECT DISTINCT toDate(occurred_at) AS day
FROM ledger
WHERE trace_id IN
(
    SELECT trace_id
    FROM spans
    WHERE parent_span_id = '' AND booked_at > fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
)
ORDER BY day
