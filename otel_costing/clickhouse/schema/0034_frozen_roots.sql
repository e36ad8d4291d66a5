-- The roots of traces as they were known when a month was closed, for the calls that take their origin from them: a root
-- that arrives later moves nothing in a closed month, and the retention of spans takes no origin away. Rows of a closing
-- that was cut short are nobody's, and true nevertheless.
CREATE TABLE IF NOT EXISTS frozen_roots
(
    change_id String,
    billing_period LowCardinality(String),
    trace_id String,
    span_id String,
    start DateTime64(9, 'UTC'),
    team LowCardinality(String),
    workflow LowCardinality(String),
    workflow_run_id String,
    feature LowCardinality(String),
    authenticated_team LowCardinality(String),
    booked_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (trace_id, billing_period, change_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
