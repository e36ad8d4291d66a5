-- What did evaluating cost: calls whose purpose it is, and which of them are answers that were judged themselves?
SELECT
    sum(sign) AS calls,
    countIf(status != 'priced') AS unpriced_calls,
    sum(total_usd) AS usd,
    countIf(call_id IN (SELECT assumeNotNull(call_id) FROM evaluated_calls WHERE call_id IS NOT NULL)) AS judged_calls,
    sumIf(total_usd, call_id IN (SELECT assumeNotNull(call_id) FROM evaluated_calls WHERE call_id IS NOT NULL)) AS judged_usd,
    sumIf(total_usd, call_id NOT IN (SELECT assumeNotNull(call_id) FROM evaluated_calls WHERE call_id IS NOT NULL)) AS judging_usd
FROM costs
WHERE kind = 'charge'
  AND purpose = 'evaluation'
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
