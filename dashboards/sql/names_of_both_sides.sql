-- Which names of a column are there to choose from, of those who own code and of those who call it?
SELECT DISTINCT {{named side}} AS name
FROM rollup_daily
ARRAY JOIN [{{column}}, origin_{{column}}] AS side
WHERE day >= toDate($__fromTime_ms, 'UTC') AND day <= toDate($__toTime_ms, 'UTC')
ORDER BY name
