-- How are inserts into these tables kept, by the table's own settings or else the server's?
WITH
    (SELECT any(value) FROM system.merge_tree_settings WHERE name = 'non_replicated_deduplication_window') AS default_window,
    (SELECT any(value) FROM system.merge_tree_settings WHERE name = 'replicated_deduplication_window') AS default_replicated_window,
    (SELECT any(value) FROM system.merge_tree_settings WHERE name = 'fsync_after_insert') AS default_fsync,
    (SELECT any(value) FROM system.merge_tree_settings WHERE name = 'fsync_part_directory') AS default_fsync_directory
SELECT
    name,
    engine LIKE 'Replicated%' OR engine LIKE 'Shared%' AS is_replicated,
    toInt64OrZero(ifNull(nullIf(extract(engine_full, '\\bnon_replicated_deduplication_window = (\\d+)'), ''), default_window)) AS non_replicated_window,
    toInt64OrZero(ifNull(nullIf(extract(engine_full, '[ ,]replicated_deduplication_window = (\\d+)'), ''), default_replicated_window)) AS replicated_window,
    toInt64OrZero(ifNull(nullIf(extract(engine_full, '\\bfsync_after_insert = (\\d+)'), ''), default_fsync)) AS fsync_after_insert,
    toInt64OrZero(ifNull(nullIf(extract(engine_full, '\\bfsync_part_directory = (\\d+)'), ''), default_fsync_directory)) AS fsync_part_directory
FROM system.tables
WHERE database = currentDatabase() AND name IN {tables:Array(String)}
ORDER BY name
