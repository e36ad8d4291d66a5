-- What did each {{dimension}} pay on each day? The nine that paid most have a series of their own.
WITH
    {{time}},
    {{between_teams}},
    {{nine_by_day}}
SELECT time, name, usd
FROM nine_by_day
ORDER BY time, name
