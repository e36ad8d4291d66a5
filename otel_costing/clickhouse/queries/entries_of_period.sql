-- What do the entries come to that a billing month counts, of those booked until an instant?
SELECT
    count() AS entries,
    sum(sign) AS calls,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
    sum(total_usd) AS total_usd,
    leftPad(lower(hex(sum(reinterpretAsUInt256(SHA256(concat(entry_id, content_digest)))))), 64, '0') AS entries_digest
FROM billed
WHERE billing_period = {period:String}
  AND booked_at <= fromUnixTimestamp64Micro({until_us:Int64}, 'UTC')
