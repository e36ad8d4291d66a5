-- Remove buildings that do not hold.
DELETE FROM rollup_builds
WHERE (day, build_id) IN {builds:Array(Tuple(Date, String))}
