-- Every rate that ever priced an entry, and which book held it.
CREATE TABLE IF NOT EXISTS rates
(
    rate_id String,
    rates_digest String,
    provider LowCardinality(String),
    model LowCardinality(String),
    tier LowCardinality(String),
    region LowCardinality(String),
    clock LowCardinality(String),
    starts_at Nullable(DateTime64(9, 'UTC')),
    ends_at Nullable(DateTime64(9, 'UTC')),
    `prices.meter` Array(LowCardinality(String)),
    `prices.unit_price` Array(Decimal(38, 24)),
    `prices.per` Array(UInt64),
    assumptions Array(String),
    source String,
    checked String,
    first_used_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (rate_id, rates_digest)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
