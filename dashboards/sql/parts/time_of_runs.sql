toUnixTimestamp64Nano(toDateTime64($__fromTime_ms, 9, 'UTC')) AS began_since_ns,
toUnixTimestamp64Nano(toDateTime64($__toTime_ms, 9, 'UTC')) + 1000000 AS began_until_ns,
began_since_ns - 86400000000000 AS since_ns,
began_until_ns + 86400000000000 AS until_ns
