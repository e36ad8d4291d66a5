named AS
(
    SELECT
        day,
        {{dimension}} AS name,
        sum(spent.usd) AS day_usd,
        sum(day_usd) OVER (PARTITION BY name) AS name_usd
    FROM {{spent}} AS spent
    GROUP BY day, name
),
ranked AS
(
    SELECT *, dense_rank() OVER (ORDER BY name_usd DESC NULLS LAST, name) AS place
    FROM named
),
nine_by_day AS
(
    SELECT
        toDateTime(day, 'UTC') AS time,
        if(place <= 9, name, 'all others') AS name,
        sum(day_usd) AS usd
    FROM ranked
    GROUP BY time, name
)
