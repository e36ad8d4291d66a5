-- Each closing or reopening of a billing month (UTC, `2026-10`); the latest row of a month holds. A month without
-- a row is open.
CREATE TABLE IF NOT EXISTS periods
(
    billing_period String,
    state LowCardinality(String),
    changed_at DateTime64(6, 'UTC') DEFAULT now64(6),
    changed_by String,
    reason String
)
ENGINE = MergeTree
ORDER BY (billing_period, changed_at)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
