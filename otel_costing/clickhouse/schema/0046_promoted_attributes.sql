-- Which resource attributes have a column of the ledger, and what reports call them. Of two rows of one column the first
-- holds, for ever: what was booked under it stays what it is.
CREATE TABLE IF NOT EXISTS promoted_attributes
(
    attribute String,
    name String,
    promoted_column LowCardinality(String),
    promoted_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
ORDER BY (promoted_column, promoted_at)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
