-- What a span says of a call that nothing charges by it now, at rates that came later: settling weighs the accounts of a
-- call by what they cost, and may charge by another one some day. Of one call the row of the highest `generation` holds,
-- unless the ledger has a charge of a higher `revision`, which is newer; -1 where none was ever booked.
CREATE TABLE IF NOT EXISTS repriced_accounts
(
    call_id String,
    ended_on Date,
    trace_id String,
    revision Int64,
    generation UInt64,
    response_id String,
    service LowCardinality(String),
    started_at DateTime64(9, 'UTC'),
    ended_at DateTime64(9, 'UTC'),
    provider LowCardinality(String),
    model LowCardinality(String),
    service_tier LowCardinality(String),
    status LowCardinality(String),
    status_reason String,
    assumptions Array(LowCardinality(String)),
    `items.meter` Array(LowCardinality(String)),
    `items.quantity` Array(Int64),
    `items.unit` Array(LowCardinality(String)),
    `items.list_unit_price` Array(Nullable(Decimal(38, 24))),
    `items.unit_price` Array(Nullable(Decimal(38, 24))),
    `items.per` Array(UInt64),
    `items.list_amount_usd` Array(Nullable(Decimal(38, 12))),
    `items.amount_usd` Array(Nullable(Decimal(38, 12))),
    total_usd Nullable(Decimal(38, 12)),
    rate_id LowCardinality(String),
    rates_digest LowCardinality(String),
    batch_id String,
    booked_at DateTime64(6, 'UTC') DEFAULT now64(6),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_booking booked_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(generation)
PARTITION BY toYYYYMM(ended_on)
ORDER BY (ended_on, call_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
