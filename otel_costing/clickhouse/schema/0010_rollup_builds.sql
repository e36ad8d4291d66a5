-- Which position of the ledger each finished building of a day reflects. A building counts from the moment its row
-- stands here, so a day changes from one state to the next at once; also one that has no rows.
CREATE TABLE IF NOT EXISTS rollup_builds
(
    day Date,
    build_id String,
    entries UInt64,
    booked_until DateTime64(6, 'UTC'),
    origins UInt64,
    built_at DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY (day, build_id)
SETTINGS non_replicated_deduplication_window = 1000;
