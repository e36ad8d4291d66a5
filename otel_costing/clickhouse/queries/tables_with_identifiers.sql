-- Which tables have one of these columns, which may hold personal identifiers?
SELECT DISTINCT columns.table AS name
FROM system.columns AS columns
INNER JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
WHERE columns.database = currentDatabase()
  AND columns.name IN {identifiers:Array(String)}
  AND tables.engine LIKE '%MergeTree'
ORDER BY name
