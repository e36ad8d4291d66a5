-- Each building of a day's rollup, row by row. `rollup_builds` says which building of a day holds; rows of one that
-- was superseded, or cut short, are nobody's and are removed later.
CREATE TABLE IF NOT EXISTS rollup_rows
(
    day Date,
    build_id String,
    built_at DateTime64(6, 'UTC') DEFAULT now64(6),
    team LowCardinality(String),
    project LowCardinality(String),
    workflow LowCardinality(String),
    feature LowCardinality(String),
    environment LowCardinality(String),
    purpose LowCardinality(String),
    service LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    origin_team LowCardinality(String),
    origin_workflow LowCardinality(String),
    origin_feature LowCardinality(String),
    status LowCardinality(String),
    calls Int64,
    partial_calls Int64,
    unpriced_calls Int64,
    usd Nullable(Decimal(38, 12))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, build_id, team, provider, model)
SETTINGS non_replicated_deduplication_window = 1000;
