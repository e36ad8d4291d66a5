-- What the views of this database were last made of: a digest of their texts and of the numbered files before them.
CREATE TABLE IF NOT EXISTS schema_views
(
    digest String,
    made_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
ORDER BY made_at
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
