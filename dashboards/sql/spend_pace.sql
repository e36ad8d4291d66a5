-- What was spent on the last day of this time, in its month so far, and what is a month at the pace of the week before that day?
-- Where anything is booked, a day without a call cost nothing; one whose calls all have no price is not known.
WITH
    toDateTime64($__toTime_ms, 9, 'UTC') AS ends_at,
    toDate(ends_at) AS last_day,
    last_day - 7 AS week_begins,
    toStartOfMonth(last_day) AS month_begins,
    toUnixTimestamp64Nano(toDateTime64(least(month_begins, week_begins), 9, 'UTC')) AS since_ns,
    toUnixTimestamp64Nano(ends_at) + 1000000 AS until_ns,
    {{payer_of_filters}},
    {{chosen_spend}}
SELECT
    if(countIf(day = last_day) = 0 AND count() > 0, 0, sumIf(usd, day = last_day)) AS day_usd,
    if(countIf(day >= month_begins) = 0 AND count() > 0, 0, sumIf(usd, day >= month_begins)) AS month_usd,
    if(
        countIf(day >= week_begins AND day < last_day) = 0 AND count() > 0,
        0,
        toDayOfMonth(toLastDayOfMonth(last_day)) * sumIf(usd, day >= week_begins AND day < last_day) / 7
    ) AS pace_usd
FROM chosen
