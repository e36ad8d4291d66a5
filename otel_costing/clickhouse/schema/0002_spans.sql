-- The skeleton of every span: ids and names for trees, no other attributes. Kept for thirteen months.
CREATE TABLE IF NOT EXISTS spans
(
    trace_id String,
    span_id String,
    parent_span_id String,
    name LowCardinality(String),
    kind LowCardinality(String),
    service LowCardinality(String),
    team LowCardinality(String),
    workflow LowCardinality(String),
    workflow_run_id String,
    feature LowCardinality(String),
    start DateTime64(9, 'UTC'),
    duration_ms Int64,
    error Bool,
    links Array(Tuple(trace_id String, span_id String)),
    received_at DateTime64(9, 'UTC'),
    received_first UInt64 MATERIALIZED 18446744073709551615 - toUInt64(toUnixTimestamp64Nano(received_at))
)
ENGINE = ReplacingMergeTree(received_first)
PARTITION BY toYYYYMM(start)
ORDER BY (trace_id, span_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
