-- Which columns do these tables have that can be written, and of which type?
SELECT
    table,
    name,
    type
FROM system.columns
WHERE database = currentDatabase()
  AND table IN {tables:Array(String)}
  AND default_kind NOT IN ('MATERIALIZED', 'ALIAS')
ORDER BY table, position
