-- What did the closing of each billing month that is closed count?
SELECT billing_period, entries, calls, unpriced_calls, total_usd, entries_digest
FROM closings
WHERE open_again_at > now64(6)
ORDER BY billing_period
