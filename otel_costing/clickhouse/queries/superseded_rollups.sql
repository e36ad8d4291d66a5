-- Which buildings of days hold no more, or never did, and were begun long ago? How many rows have they?
WITH held AS
(
    SELECT
        day,
        argMax(build_id, (entries, built_at, build_id)) AS build_id
    FROM rollup_builds
    GROUP BY day
)
SELECT
    day,
    build_id,
    count() AS kept_rows
FROM rollup_rows
WHERE (day, build_id) NOT IN (SELECT day, build_id FROM held)
  AND built_at < now64(6) - toIntervalSecond({idle_s:UInt32})
GROUP BY day, build_id
