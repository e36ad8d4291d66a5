-- Each run of the settler: up to which booking it has seen everything, which senders it took for authorities, and what
-- came of it.
CREATE TABLE IF NOT EXISTS settlements
(
    settled_until DateTime64(6, 'UTC'),
    settled_at DateTime64(6, 'UTC') DEFAULT now64(6),
    authorities Array(String),
    traces UInt64,
    corrections UInt64
)
ENGINE = MergeTree
ORDER BY settled_until
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
