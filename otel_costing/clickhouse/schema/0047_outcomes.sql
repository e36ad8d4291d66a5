-- What came of the work that calls were made for: the events named `otel_costing.outcome`, and what was told through the
-- REST API. An outcome is known by its id alone, that of its content or of its sender's key, and no key of this table
-- holds anything else, as a copy may state another time; of two rows of one id the first booked stays.
CREATE TABLE IF NOT EXISTS outcomes
(
    outcome_id String,
    content_digest String,
    outcome_key String,
    name LowCardinality(String),
    quantity Nullable(Int64),
    value_usd Nullable(Decimal(38, 12)),
    success Nullable(Bool),
    occurred_at DateTime64(9, 'UTC'),
    trace_id String,
    span_id String,
    team LowCardinality(String),
    project LowCardinality(String),
    workflow LowCardinality(String),
    workflow_run_id String,
    feature LowCardinality(String),
    customer_id String,
    user_id String,
    session_id String,
    environment LowCardinality(String),
    purpose LowCardinality(String),
    release LowCardinality(String),
    agent LowCardinality(String),
    tool LowCardinality(String),
    origin_team LowCardinality(String),
    origin_workflow LowCardinality(String),
    origin_workflow_run_id String,
    origin_feature LowCardinality(String),
    origin_source LowCardinality(String),
    service LowCardinality(String),
    scope LowCardinality(String),
    received_at DateTime64(9, 'UTC'),
    batch_id LowCardinality(String),
    booked_at DateTime64(6, 'UTC') DEFAULT now64(6),
    booked_first UInt64 MATERIALIZED 18446744073709551615 - toUInt64(toUnixTimestamp64Micro(booked_at)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(booked_first)
ORDER BY outcome_id
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
