-- During which whiles was which month closed to what was booked?
SELECT
    billing_period,
    toUnixTimestamp64Micro(closed_from) AS closed_from_us,
    toUnixTimestamp64Micro(open_again_at) AS open_again_us
FROM closings
ORDER BY closed_from
