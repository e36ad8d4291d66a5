-- Which names of a column are there to choose from?
SELECT DISTINCT {{named {{column}}}} AS name
FROM rollup_daily
WHERE day >= toDate($__fromTime_ms, 'UTC') AND day <= toDate($__toTime_ms, 'UTC')
ORDER BY name
