-- What do the calls of some providers come to, by day, model and meter? Adjustments are left out: an invoice is compared
-- with calls. A line item without an amount has no price; a call of another account than asked for is left out where it
-- says of which it is.
SELECT
    provider,
    toUnixTimestamp64Nano(toStartOfDay(occurred_at, 'UTC')::DateTime64(9, 'UTC')) AS day_ns,
    model,
    meter,
    sum(if(amount_usd IS NULL, 0, assumeNotNull(line.quantity))) AS quantity,
    sum(ifNull(amount_usd, 0)) AS usd,
    sum(if(amount_usd IS NULL, assumeNotNull(line.quantity), 0)) AS unpriced_quantity
FROM cost_lines AS line
WHERE kind = 'charge'
  AND meter != ''
  AND provider = {provider:String}
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
  AND ({account:String} = '' OR provider_account IN ('', {account:String}))
GROUP BY provider, day_ns, model, meter
ORDER BY provider, day_ns, model, meter
