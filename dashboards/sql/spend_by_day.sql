-- What was spent on each day, by {{dimension}}? The nine that cost most have a series of their own.
WITH
    {{time}},
    {{payer}},
    {{chosen_spend}},
    named AS
    (
        SELECT
            day,
            {{dimension}} AS name,
            sum(chosen.usd) AS day_usd,
            sum(day_usd) OVER (PARTITION BY name) AS name_usd
        FROM chosen
        GROUP BY day, name
    ),
    ranked AS
    (
        SELECT *, dense_rank() OVER (ORDER BY name_usd DESC NULLS LAST, name) AS place
        FROM named
    )
SELECT
    toDateTime(day, 'UTC') AS time,
    if(place <= 9, name, 'all others') AS name,
    sum(day_usd) AS usd
FROM ranked
GROUP BY time, name
ORDER BY time, name
