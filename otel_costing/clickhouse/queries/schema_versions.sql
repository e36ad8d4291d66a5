-- Which migrations has this database seen?
SELECT
    version,
    any(checksum) AS checksum
FROM schema_versions
GROUP BY version
ORDER BY version
