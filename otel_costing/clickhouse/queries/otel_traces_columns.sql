-- Which columns does this table have, and of which types?
SELECT name, type
FROM system.columns
WHERE database = {database:String} AND table = {table:String}
