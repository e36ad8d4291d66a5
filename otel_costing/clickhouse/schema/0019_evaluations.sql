-- What evaluators found of models' answers: the events named `gen_ai.evaluation.result`, without their explanations.
-- An evaluation is known by its content, so its id and the day it gives itself (1970 where it gives none) are the
-- same in every copy; of two rows of one id the first booked stays.
CREATE TABLE IF NOT EXISTS evaluations
(
    evaluation_id String,
    name LowCardinality(String),
    score_value Nullable(Float64),
    score_label LowCardinality(String),
    error_type LowCardinality(String),
    evaluated_at DateTime64(9, 'UTC'),
    evaluated_on Date,
    trace_id String,
    span_id String,
    span_call_id String,
    response_id String,
    service LowCardinality(String),
    team LowCardinality(String),
    scope LowCardinality(String),
    received_at DateTime64(9, 'UTC'),
    batch_id LowCardinality(String),
    booked_at DateTime64(6, 'UTC') DEFAULT now64(6),
    booked_first UInt64 MATERIALIZED 18446744073709551615 - toUInt64(toUnixTimestamp64Micro(booked_at)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_response response_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(booked_first)
PARTITION BY toYYYYMM(evaluated_on)
ORDER BY (evaluated_on, evaluation_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
