-- What was spent in this time, in US dollars? Nothing booked is nothing spent.
SELECT toFloat64(ifNull(sum(total_usd), 0)) AS usd
FROM ledger FINAL
WHERE $__timeFilter(occurred_at)
