-- What came since the last settlement: the earliest day that any of it tells of, and the latest booking seen?
-- Of a booking that bears a later instant than now, by a clock that was ahead, no more is believed than now.
-- Days before 2015 are those of broken clocks.
WITH touched AS
(
    SELECT toDate(started_at) AS day, booked_at FROM ledger WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION ALL
    SELECT toDate(started_at) AS day, booked_at FROM sightings WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION ALL
    SELECT toDate(started_at) AS day, booked_at FROM repriced_accounts WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION ALL
    SELECT toDate(start) AS day, booked_at FROM spans WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
)
SELECT
    minOrNullIf(day, day >= '2015-01-01') AS first_day,
    toUnixTimestamp64Micro(least(max(booked_at), now64(6))) AS latest_us,
    count() AS found
FROM touched
