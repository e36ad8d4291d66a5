toUnixTimestamp64Nano(toDateTime64($__fromTime_ms, 9, 'UTC')) AS since_ns,
toUnixTimestamp64Nano(toDateTime64($__toTime_ms, 9, 'UTC')) + 1000000 AS until_ns
