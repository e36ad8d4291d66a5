-- Each line of an invoice that was posted, with who bears how much of it: written before its entries are booked, so that
-- what was cut short is completed as it was decided, whatever the ledger has become since. A line's later postings
-- correct the amount (`corrected`) or take back all that was posted (`undone`); of two rows of one posting the first holds.
CREATE TABLE IF NOT EXISTS reconciled_lines
(
    provider LowCardinality(String),
    line_key String,
    posting UInt32,
    action LowCardinality(String),
    source_document String,
    document_name String,
    place String,
    provider_account LowCardinality(String),
    billed_as String,
    line_kind LowCardinality(String),
    model LowCardinality(String),
    meter LowCardinality(String),
    starts_at DateTime64(9, 'UTC'),
    ends_at DateTime64(9, 'UTC'),
    billed_usd Decimal(38, 12),
    booked_usd Decimal(38, 12),
    posted_usd Decimal(38, 12),
    `shares.team` Array(LowCardinality(String)),
    `shares.project` Array(LowCardinality(String)),
    `shares.workflow` Array(LowCardinality(String)),
    `shares.feature` Array(LowCardinality(String)),
    `shares.environment` Array(LowCardinality(String)),
    `shares.purpose` Array(LowCardinality(String)),
    `shares.origin_team` Array(LowCardinality(String)),
    `shares.origin_workflow` Array(LowCardinality(String)),
    `shares.origin_feature` Array(LowCardinality(String)),
    `shares.basis_usd` Array(Decimal(38, 12)),
    `shares.amount_usd` Array(Decimal(38, 12)),
    note String,
    sealed_at DateTime64(6, 'UTC') DEFAULT now64(6),
    sealed_first UInt64 MATERIALIZED 18446744073709551615 - toUInt64(toUnixTimestamp64Micro(sealed_at)),
    INDEX by_document source_document TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(sealed_first)
ORDER BY (provider, line_key, posting)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
