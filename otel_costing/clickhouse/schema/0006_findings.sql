-- What people should be able to look up: calls that were not booked because another span told of them
-- (`duplicate`, `wrapper`), and entries whose second version states something else (`conflict`).
CREATE TABLE IF NOT EXISTS findings
(
    finding_id String,
    kind LowCardinality(String),
    call_id String,
    of_call_id String,
    entry_id String,
    trace_id String,
    span_id String,
    ended_on Date,
    detail String,
    batch_id String,
    found_at DateTime64(6, 'UTC') DEFAULT now64(6),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ended_on)
ORDER BY (ended_on, call_id, finding_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
