-- What time is it where bookings are stamped?
SELECT toUnixTimestamp64Micro(now64(6)) AS now_us
