-- Which closing of a billing month holds, as known at an instant?
SELECT
    toUnixTimestamp64Micro(closed_at) AS closed_at_us,
    toUnixTimestamp64Micro(closed_from) AS entries_until_us,
    closed_by,
    reason
FROM closings
WHERE billing_period = {period:String}
  AND closed_from <= fromUnixTimestamp64Micro({known_until_us:Int64}, 'UTC')
  AND open_again_at > fromUnixTimestamp64Micro({known_until_us:Int64}, 'UTC')
