-- In which databases is there a table of this name?
SELECT database
FROM system.tables
WHERE name = {table:String}
ORDER BY database
