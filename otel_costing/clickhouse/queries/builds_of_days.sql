-- Which buildings of these days' rollups are there, also those that hold no more?
SELECT DISTINCT day, build_id
FROM
(
    SELECT day, build_id FROM rollup_builds WHERE day IN {days:Array(Date)}
    UNION ALL
    SELECT day, build_id FROM rollup_rows WHERE day IN {days:Array(Date)}
)
