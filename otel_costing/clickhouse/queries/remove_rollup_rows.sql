-- Remove the rows of buildings that do not hold.
DELETE FROM rollup_rows
WHERE (day, build_id) IN {builds:Array(Tuple(Date, String))}
