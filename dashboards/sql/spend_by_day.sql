-- What was spent on each day, by {{dimension}}? The nine that cost most have a series of their own.
WITH
    {{time}},
    {{payer}},
    {{chosen_spend}},
    {{nine_by_day}}
SELECT time, name, usd
FROM nine_by_day
ORDER BY time, name
