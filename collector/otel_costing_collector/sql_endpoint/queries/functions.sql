-- Which functions does the engine know?
SELECT name, categories AS category, is_aggregate, origin = 'System' AS is_system, alias_to
FROM system.functions
