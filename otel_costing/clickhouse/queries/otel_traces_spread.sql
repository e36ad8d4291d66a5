-- How many spans started in each slot of this width, where any did?
-- From the first to the last instant that a column holds there are more nanoseconds than 64 bits do.
SELECT
    intDiv(toInt128(toUnixTimestamp64Nano(Timestamp)) - {since_ns:Int64}, {width_ns:Int64}) AS slot,
    count() AS spans
FROM {database:Identifier}.{table:Identifier}
WHERE Timestamp >= fromUnixTimestamp64Nano({since_ns:Int64}) AND Timestamp < fromUnixTimestamp64Nano({until_ns:Int64})
GROUP BY slot
ORDER BY slot
