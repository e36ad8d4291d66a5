-- Each step of each erasure of personal identifiers: `begun` before the first row is changed, `done` when none is left.
-- Never the identifiers: `digests` are of each with the act's salt, in the order of `identifiers`.
CREATE TABLE IF NOT EXISTS erasures
(
    erasure_id String,
    state LowCardinality(String),
    stated_at DateTime64(6, 'UTC') DEFAULT now64(6),
    identifiers Array(LowCardinality(String)),
    salt String,
    digests Array(String),
    erased_rows Map(LowCardinality(String), UInt64),
    reason String
)
ENGINE = MergeTree
ORDER BY (erasure_id, state)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
