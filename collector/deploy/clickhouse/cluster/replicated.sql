-- The ledger's tables on every replica of a cluster, by `make cluster-ddl`. Not run by this project's tests, which
-- have no cluster: they parse it, and run it without what makes it replicated. Running it again, or that of a newer
-- version, changes what is missing and nothing else.
CREATE DATABASE IF NOT EXISTS otel_costing ON CLUSTER '{cluster}';

USE otel_costing;

-- Which of these files a database has seen, by number and checksum.
CREATE TABLE IF NOT EXISTS schema_versions ON CLUSTER '{cluster}'
(
    version UInt32,
    name String,
    checksum String,
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY version
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- One row per entry; it only grows. Names are a public contract.
--
-- Keys hold only what every copy of an id has in common: `ended_on` is the day of the end that the span itself
-- gives, believed or not, where `occurred_at` may be the receipt. ReplacingMergeTree is the safety net below the
-- store's key guard, for two writers at one instant: of two rows of one entry the first booked stays.
CREATE TABLE IF NOT EXISTS ledger ON CLUSTER '{cluster}'
(
    entry_id String,
    call_id String,
    kind LowCardinality(String),
    revision UInt32,
    sign Int8,
    cause LowCardinality(String),
    content_digest String,
    batch_id String,
    occurred_at DateTime64(9, 'UTC'),
    ended_on Date,
    received_at DateTime64(9, 'UTC'),
    booked_at DateTime64(6, 'UTC') DEFAULT now64(6),
    booked_first UInt64 MATERIALIZED 18446744073709551615 - toUInt64(toUnixTimestamp64Micro(booked_at)),
    billing_period LowCardinality(String),
    trace_id String,
    span_id String,
    parent_span_id String,
    response_id String,
    provider LowCardinality(String),
    model LowCardinality(String),
    request_model LowCardinality(String),
    operation LowCardinality(String),
    service_tier LowCardinality(String),
    region LowCardinality(String),
    provider_account LowCardinality(String),
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
    reported_usd Nullable(Decimal(38, 12)),
    reported_by LowCardinality(String),
    duration_ms Int64,
    error_type LowCardinality(String),
    dialect LowCardinality(String),
    source_document String,
    tags Map(String, String),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_response response_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_time occurred_at TYPE minmax GRANULARITY 1,
    INDEX by_booking booked_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', booked_first)
PARTITION BY toYYYYMM(ended_on)
ORDER BY (ended_on, call_id, entry_id)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- The skeleton of every span: ids and names for trees, no other attributes. Kept for thirteen months.
CREATE TABLE IF NOT EXISTS spans ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', received_first)
PARTITION BY toYYYYMM(start)
ORDER BY (trace_id, span_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Every rate that ever priced an entry, and which book held it.
CREATE TABLE IF NOT EXISTS rates ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (rate_id, rates_digest)
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Every batch that is in the ledger, with what came of it when it was first booked.
CREATE TABLE IF NOT EXISTS batches ON CLUSTER '{cluster}'
(
    batch_id String,
    received_at DateTime64(9, 'UTC'),
    booked_at DateTime64(6, 'UTC') DEFAULT now64(6),
    spans UInt64,
    billable_calls UInt64,
    priced UInt64,
    partial UInt64,
    unpriced UInt64,
    copies UInt64,
    booked UInt64,
    duplicates UInt64,
    conflicts UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY batch_id
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Each closing or reopening of a billing month (UTC, `2026-10`); the latest row of a month holds. A month without
-- a row is open.
CREATE TABLE IF NOT EXISTS periods ON CLUSTER '{cluster}'
(
    billing_period String,
    state LowCardinality(String),
    changed_at DateTime64(6, 'UTC') DEFAULT now64(6),
    changed_by String,
    reason String
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (billing_period, changed_at)
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- What people should be able to look up: calls that were not booked because another span told of them
-- (`duplicate`, `wrapper`), and entries whose second version states something else (`conflict`).
CREATE TABLE IF NOT EXISTS findings ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(ended_on)
ORDER BY (ended_on, call_id, finding_id)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Each building of a day's rollup, row by row. `rollup_builds` says which building of a day holds; rows of one that
-- was superseded, or cut short, are nobody's and are removed later.
CREATE TABLE IF NOT EXISTS rollup_rows ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(day)
ORDER BY (day, build_id, team, provider, model)
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800;

-- Which position of the ledger each finished building of a day reflects. A building counts from the moment its row
-- stands here, so a day changes from one state to the next at once; also one that has no rows.
CREATE TABLE IF NOT EXISTS rollup_builds ON CLUSTER '{cluster}'
(
    day Date,
    build_id String,
    entries UInt64,
    booked_until DateTime64(6, 'UTC'),
    origins UInt64,
    built_at DateTime64(6, 'UTC')
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (day, build_id)
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800;

-- What a team's own files made of a rate: the list's prices beside those paid, who agreed it, and the exchange rates
-- that turned another currency into USD. `prices.list_unit_price` is for `prices.per` units; null where the list has
-- no price, and in rows of before this column.
ALTER TABLE rates ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS `prices.list_unit_price` Array(Nullable(Decimal(38, 24))),
    ADD COLUMN IF NOT EXISTS `contracts.name` Array(String),
    ADD COLUMN IF NOT EXISTS `contracts.terms` Array(String),
    ADD COLUMN IF NOT EXISTS `contracts.source` Array(String),
    ADD COLUMN IF NOT EXISTS `contracts.checked` Array(String),
    ADD COLUMN IF NOT EXISTS `exchanges.currency` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `exchanges.usd` Array(Decimal(38, 24)),
    ADD COLUMN IF NOT EXISTS `exchanges.source` Array(String);

-- What settlement reads of an entry: which instrumentation told of the call, when its span truly ran, which model
-- answered, and who sent the record.
ALTER TABLE ledger ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS response_model LowCardinality(String) AFTER request_model,
    ADD COLUMN IF NOT EXISTS scope LowCardinality(String) AFTER service,
    ADD COLUMN IF NOT EXISTS sender LowCardinality(String) AFTER error_type,
    ADD COLUMN IF NOT EXISTS ended_at DateTime64(9, 'UTC') DEFAULT occurred_at AFTER ended_on,
    ADD COLUMN IF NOT EXISTS started_at DateTime64(9, 'UTC') DEFAULT ended_at - toIntervalMillisecond(abs(duration_ms))
        AFTER ended_on;

-- When a span came, by which batch, and the day of its end, which is part of the ledger's keys.
ALTER TABLE spans ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS ended_on Date DEFAULT toDate(start + toIntervalMillisecond(duration_ms)),
    ADD COLUMN IF NOT EXISTS batch_id LowCardinality(String),
    ADD COLUMN IF NOT EXISTS booked_at DateTime64(6, 'UTC') DEFAULT now64(6),
    ADD INDEX IF NOT EXISTS by_booking booked_at TYPE minmax GRANULARITY 1;

-- What each span says of a call that several spans tell of, or that only sums up others, in the shape of its first
-- charge. The ledger holds what was drawn from them; they are kept so that it can be drawn again when more is known.
CREATE TABLE IF NOT EXISTS sightings ON CLUSTER '{cluster}' AS ledger
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', booked_first)
PARTITION BY toYYYYMM(ended_on)
ORDER BY (ended_on, call_id)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Each run of the settler: up to which booking it has seen everything, which senders it took for authorities, and what
-- came of it.
CREATE TABLE IF NOT EXISTS settlements ON CLUSTER '{cluster}'
(
    settled_until DateTime64(6, 'UTC'),
    settled_at DateTime64(6, 'UTC') DEFAULT now64(6),
    authorities Array(String),
    traces UInt64,
    corrections UInt64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY settled_until
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- What evaluators found of models' answers: the events named `gen_ai.evaluation.result`, without their explanations.
-- An evaluation is known by its content, so its id and the day it gives itself (1970 where it gives none) are the
-- same in every copy; of two rows of one id the first booked stays.
CREATE TABLE IF NOT EXISTS evaluations ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', booked_first)
PARTITION BY toYYYYMM(evaluated_on)
ORDER BY (evaluated_on, evaluation_id)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Spans from before `booked_at` was kept came when they were received; a default would say the time of asking.
ALTER TABLE spans ON CLUSTER '{cluster}'
    UPDATE booked_at = toDateTime64(received_at, 6, 'UTC') WHERE batch_id = ''
    SETTINGS mutations_sync = 2;

-- What a meter costs from its unit number `steps.first` on, where a rate has marginal bands: one element per step and
-- meter. `steps.unit_price` is for `steps.per` units; units before the first step of their meter cost `prices`.
ALTER TABLE rates ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS `steps.first` Array(UInt64),
    ADD COLUMN IF NOT EXISTS `steps.meter` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `steps.unit_price` Array(Decimal(38, 24)),
    ADD COLUMN IF NOT EXISTS `steps.per` Array(UInt64);

-- What the views of this database were last made of: a digest of their texts and of the numbered files before them.
CREATE TABLE IF NOT EXISTS schema_views ON CLUSTER '{cluster}'
(
    digest String,
    made_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY made_at
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- The team that the sender's token is bound to, or that a trusted gateway named; empty without either.
ALTER TABLE ledger ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS authenticated_team LowCardinality(String) AFTER sender;

-- As in `ledger`.
ALTER TABLE sightings ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS authenticated_team LowCardinality(String) AFTER sender;

-- As in `ledger`: where it is that of a trace's root, the origin that the trace's calls claim is verified.
ALTER TABLE spans ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS authenticated_team LowCardinality(String) AFTER team;

-- Each step of each erasure of personal identifiers: `begun` before the first row is changed, `done` when none is left.
-- Never the identifiers: `digests` are of each with the act's salt, in the order of `identifiers`.
CREATE TABLE IF NOT EXISTS erasures ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (erasure_id, state)
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- How far each backfill came: spans that started before `read_until` are booked. A row for each step; the last one
-- counts, and that one run begins anew once it says `finished`.
CREATE TABLE IF NOT EXISTS backfills ON CLUSTER '{cluster}'
(
    backfill_id String,
    source String,
    begun_at DateTime64(9, 'UTC'),
    read_until DateTime64(9, 'UTC'),
    ends_at DateTime64(9, 'UTC'),
    spans UInt64,
    finished Bool,
    noted_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (backfill_id, begun_at, read_until)
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Under which days a call stands that a request told of, and not a span. Whoever sends a request again may state another
-- end, and the day of the end is part of the ledger's sort key: what is looked for by the request's identity alone, the key
-- guard before it charges and a person who asks what it cost, is found by this. Kept for ever, so that a request of years
-- ago is still no second call.
CREATE TABLE IF NOT EXISTS requests ON CLUSTER '{cluster}'
(
    call_id String,
    ended_on Date,
    batch_id LowCardinality(String),
    booked_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (call_id, ended_on)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Each time that a book of rates was applied to the ledger: which one, how much of the ledger was looked at, what came
-- of it. It is written last, so that one that was cut short has none.
CREATE TABLE IF NOT EXISTS repricings ON CLUSTER '{cluster}'
(
    rates_digest String,
    began_at DateTime64(9, 'UTC'),
    finished_at DateTime64(6, 'UTC') DEFAULT now64(6),
    only_unpriced Bool,
    whole_ledger Bool,
    examined UInt64,
    late_rate UInt64,
    rate_correction UInt64,
    kept UInt64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY finished_at
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Which entries a closing counts, those booked until `entries_until`, and what they come to: so that anyone can prove that
-- a closed month is still what it was. `entries_digest` is the sum, modulo 2^256, of the SHA-256 of each entry's id and
-- content digest, so it does not depend on their order.
ALTER TABLE periods ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS entries_until DateTime64(6, 'UTC') DEFAULT changed_at,
    ADD COLUMN IF NOT EXISTS change_id String,
    ADD COLUMN IF NOT EXISTS entries UInt64,
    ADD COLUMN IF NOT EXISTS calls Int64,
    ADD COLUMN IF NOT EXISTS unpriced_calls Int64,
    ADD COLUMN IF NOT EXISTS total_usd Nullable(Decimal(38, 12)),
    ADD COLUMN IF NOT EXISTS entries_digest String;

-- The roots of traces as they were known when a month was closed, for the calls that take their origin from them: a root
-- that arrives later moves nothing in a closed month, and the retention of spans takes no origin away. Rows of a closing
-- that was cut short are nobody's, and true nevertheless.
CREATE TABLE IF NOT EXISTS frozen_roots ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (trace_id, billing_period, change_id)
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- What a batch brought, so that it can be proved that the ledger still holds it: `entries_digest` as in `periods`, and the
-- first 64 bits of each entry's id, as of two batches that bring one entry at one instant only one is named by its row. Both
-- are empty in batches from before they were kept.
ALTER TABLE batches ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS entries_digest String,
    ADD COLUMN IF NOT EXISTS entry_keys Array(UInt64);

-- Each line of an invoice that was posted, with who bears how much of it: written before its entries are booked, so that
-- what was cut short is completed as it was decided, whatever the ledger has become since. A line's later postings
-- correct the amount (`corrected`) or take back all that was posted (`undone`); of two rows of one posting the first holds.
CREATE TABLE IF NOT EXISTS reconciled_lines ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', sealed_first)
ORDER BY (provider, line_key, posting)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- What a span says of a call that nothing charges by it now, at rates that came later: settling weighs the accounts of a
-- call by what they cost, and may charge by another one some day. Of one call the row of the highest `generation` holds,
-- unless the ledger has a charge of a higher `revision`, which is newer; -1 where none was ever booked.
CREATE TABLE IF NOT EXISTS repriced_accounts ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', generation)
PARTITION BY toYYYYMM(ended_on)
ORDER BY (ended_on, call_id)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- Ids in hex digits, amounts and names take half the room so. Instants of a day that follow no order are cut to the bits
-- in which they differ, and are read at once by all reports. Parts from before are written so when they are merged.
ALTER TABLE ledger ON CLUSTER '{cluster}'
    MODIFY COLUMN occurred_at CODEC(T64),
    MODIFY COLUMN started_at CODEC(T64),
    MODIFY COLUMN ended_at CODEC(T64),
    MODIFY COLUMN entry_id CODEC(ZSTD(1)),
    MODIFY COLUMN call_id CODEC(ZSTD(1)),
    MODIFY COLUMN cause CODEC(ZSTD(1)),
    MODIFY COLUMN content_digest CODEC(ZSTD(1)),
    MODIFY COLUMN batch_id CODEC(ZSTD(1)),
    MODIFY COLUMN received_at CODEC(ZSTD(1)),
    MODIFY COLUMN booked_at CODEC(ZSTD(1)),
    MODIFY COLUMN booked_first CODEC(ZSTD(1)),
    MODIFY COLUMN billing_period CODEC(ZSTD(1)),
    MODIFY COLUMN trace_id CODEC(ZSTD(1)),
    MODIFY COLUMN span_id CODEC(ZSTD(1)),
    MODIFY COLUMN parent_span_id CODEC(ZSTD(1)),
    MODIFY COLUMN response_id CODEC(ZSTD(1)),
    MODIFY COLUMN provider CODEC(ZSTD(1)),
    MODIFY COLUMN model CODEC(ZSTD(1)),
    MODIFY COLUMN request_model CODEC(ZSTD(1)),
    MODIFY COLUMN response_model CODEC(ZSTD(1)),
    MODIFY COLUMN operation CODEC(ZSTD(1)),
    MODIFY COLUMN service_tier CODEC(ZSTD(1)),
    MODIFY COLUMN region CODEC(ZSTD(1)),
    MODIFY COLUMN provider_account CODEC(ZSTD(1)),
    MODIFY COLUMN team CODEC(ZSTD(1)),
    MODIFY COLUMN project CODEC(ZSTD(1)),
    MODIFY COLUMN workflow CODEC(ZSTD(1)),
    MODIFY COLUMN workflow_run_id CODEC(ZSTD(1)),
    MODIFY COLUMN feature CODEC(ZSTD(1)),
    MODIFY COLUMN customer_id CODEC(ZSTD(1)),
    MODIFY COLUMN user_id CODEC(ZSTD(1)),
    MODIFY COLUMN session_id CODEC(ZSTD(1)),
    MODIFY COLUMN environment CODEC(ZSTD(1)),
    MODIFY COLUMN purpose CODEC(ZSTD(1)),
    MODIFY COLUMN release CODEC(ZSTD(1)),
    MODIFY COLUMN agent CODEC(ZSTD(1)),
    MODIFY COLUMN tool CODEC(ZSTD(1)),
    MODIFY COLUMN origin_team CODEC(ZSTD(1)),
    MODIFY COLUMN origin_workflow CODEC(ZSTD(1)),
    MODIFY COLUMN origin_workflow_run_id CODEC(ZSTD(1)),
    MODIFY COLUMN origin_feature CODEC(ZSTD(1)),
    MODIFY COLUMN origin_source CODEC(ZSTD(1)),
    MODIFY COLUMN service CODEC(ZSTD(1)),
    MODIFY COLUMN scope CODEC(ZSTD(1)),
    MODIFY COLUMN status CODEC(ZSTD(1)),
    MODIFY COLUMN status_reason CODEC(ZSTD(1)),
    MODIFY COLUMN assumptions CODEC(ZSTD(1)),
    MODIFY COLUMN `items.meter` CODEC(ZSTD(1)),
    MODIFY COLUMN `items.quantity` CODEC(ZSTD(1)),
    MODIFY COLUMN `items.unit` CODEC(ZSTD(1)),
    MODIFY COLUMN `items.list_unit_price` CODEC(ZSTD(1)),
    MODIFY COLUMN `items.unit_price` CODEC(ZSTD(1)),
    MODIFY COLUMN `items.per` CODEC(ZSTD(1)),
    MODIFY COLUMN `items.list_amount_usd` CODEC(ZSTD(1)),
    MODIFY COLUMN `items.amount_usd` CODEC(ZSTD(1)),
    MODIFY COLUMN total_usd CODEC(ZSTD(1)),
    MODIFY COLUMN rate_id CODEC(ZSTD(1)),
    MODIFY COLUMN rates_digest CODEC(ZSTD(1)),
    MODIFY COLUMN reported_usd CODEC(ZSTD(1)),
    MODIFY COLUMN reported_by CODEC(ZSTD(1)),
    MODIFY COLUMN duration_ms CODEC(ZSTD(1)),
    MODIFY COLUMN error_type CODEC(ZSTD(1)),
    MODIFY COLUMN sender CODEC(ZSTD(1)),
    MODIFY COLUMN authenticated_team CODEC(ZSTD(1)),
    MODIFY COLUMN dialect CODEC(ZSTD(1)),
    MODIFY COLUMN source_document CODEC(ZSTD(1)),
    MODIFY COLUMN tags CODEC(ZSTD(1));

-- Whether the root of the trace came under the identity of `origin_team`. Reports are answered from these rows, so they are
-- on disk before `rollup_checks` says that they may be.
ALTER TABLE rollup_rows ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS origin_verified Bool AFTER origin_feature,
    MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

-- What stood when all days' rollups were found, or made, to be the ledger: the building of each day (`builds`), and by what a
-- reader tells that something came since. `entries` and `spans` are how many rows of those tables were booked until
-- `settled_until`; of what was booked later, `recent` has the entries of each day, their number and a digest of their ids,
-- `recent_spans` is the number of spans, and `recent_roots` a digest of the ids of those that are roots of traces. The latest holds.
CREATE TABLE IF NOT EXISTS rollup_checks ON CLUSTER '{cluster}'
(
    checked_at DateTime64(6, 'UTC'),
    settled_until DateTime64(6, 'UTC'),
    entries UInt64,
    spans UInt64,
    recent Array(Tuple(Date, UInt64, UInt64)),
    recent_spans UInt64,
    recent_roots UInt64,
    builds Array(Tuple(Date, String))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', checked_at)
ORDER BY tuple()
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- What a call's resource says by the attributes that were promoted; `promoted_attributes` tells what each column means.
ALTER TABLE ledger ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS promoted_1 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_2 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_3 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_4 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_5 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_6 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_7 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_8 LowCardinality(String);

-- As in `ledger`.
ALTER TABLE sightings ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS promoted_1 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_2 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_3 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_4 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_5 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_6 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_7 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_8 LowCardinality(String);

-- Which resource attributes have a column of the ledger, and what reports call them. Of two rows of one column the first
-- holds, for ever: what was booked under it stays what it is.
CREATE TABLE IF NOT EXISTS promoted_attributes ON CLUSTER '{cluster}'
(
    attribute String,
    name String,
    promoted_column LowCardinality(String),
    promoted_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY (promoted_column, promoted_at)
SETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- What came of the work that calls were made for: the events named `otel_costing.outcome`, and what was told through the
-- REST API. An outcome is known by its id alone, that of its content or of its sender's key, and no key of this table
-- holds anything else, as a copy may state another time; of two rows of one id the first booked stays.
CREATE TABLE IF NOT EXISTS outcomes ON CLUSTER '{cluster}'
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', booked_first)
ORDER BY outcome_id
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, fsync_after_insert = 1, fsync_part_directory = 1;

-- What a frozen root states, each part behind its length, and the digest of that as it was frozen: whoever edits the row
-- leaves the digest behind. Roots that were frozen before have that of what they are now.
ALTER TABLE frozen_roots ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS states String ALIAS arrayStringConcat(arrayMap(
        one -> concat(toString(length(one)), ':', one),
        [
            change_id, toString(billing_period), trace_id, span_id, toString(toUnixTimestamp64Nano(start)), toString(team),
            toString(workflow), workflow_run_id, toString(feature), toString(authenticated_team),
            toString(toUnixTimestamp64Micro(booked_at))
        ]
    )),
    ADD COLUMN IF NOT EXISTS root_digest FixedString(32) DEFAULT SHA256(states);

-- How many roots a closing froze, and what they come to: `roots_digest` is the sum, modulo 2^256, of the SHA-256 of what
-- each states. It is empty in closings from before it was kept.
ALTER TABLE periods ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS roots UInt64,
    ADD COLUMN IF NOT EXISTS roots_digest String;

-- In which format a line was posted, whichever way that is written; empty in postings from before it was kept.
ALTER TABLE reconciled_lines ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS format LowCardinality(String);

-- The days on which no entry lay in two copies when they were checked: until something comes for them, their rows are summed as
-- they lie. A check from before names none, and is made anew.
ALTER TABLE rollup_checks ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS single_days Array(Date) AFTER builds;

-- What the calls of a row cost by meter, in the order of their names: how many lines, of how much, and what they cost. Calls
-- without any line are one under an empty name, of nothing.
ALTER TABLE rollup_rows ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS `meters.meter` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `meters.lines` Array(Int64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `meters.quantity` Array(Int64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `meters.usd` Array(Nullable(Decimal(38, 12))) CODEC(ZSTD(1));

-- Every span without a parent, also those that the retention of spans has removed since a month was closed.
CREATE OR REPLACE VIEW root_spans ON CLUSTER '{cluster}' AS
SELECT trace_id, span_id, start, team, workflow, workflow_run_id, feature, authenticated_team, booked_at
FROM spans
WHERE parent_span_id = ''
UNION ALL
SELECT trace_id, span_id, start, team, workflow, workflow_run_id, feature, authenticated_team, booked_at
FROM frozen_roots;

-- Every span that tries again what had failed: of the spans under one parent and of one name, one does where the last that
-- had ended before it began had failed. An end lies after its start; durations beyond all clocks are cut, so that no sum
-- overflows. Ask for some traces: the rest of `spans` is not read then.
CREATE OR REPLACE VIEW retrying_spans ON CLUSTER '{cluster}' AS
WITH
    attempts AS
    (
        SELECT
            trace_id,
            span_id,
            parent_span_id,
            name,
            error,
            toUInt64(toUnixTimestamp64Nano(start)) AS start_ns,
            start_ns + toUInt64(greatest(least(duration_ms, 9000000000000) * 1000000, 1)) AS end_ns
        FROM spans FINAL
    ),
    moments AS
    (
        SELECT
            trace_id,
            span_id,
            moment.2 AS is_start,
            max(if(is_start, (toUInt64(0), false), (moment.1, error))) OVER
            (
                PARTITION BY trace_id, parent_span_id, name
                ORDER BY moment.1
                RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS last_ended
        FROM attempts
        ARRAY JOIN [(start_ns, true), (end_ns, false)] AS moment
    )
SELECT trace_id, span_id
FROM moments
WHERE is_start AND last_ended.2;

-- Every entry of the calls between two instants, on some days or on all, once, with the origin that `costs` gives it;
-- reversals among them. A reversal negates what its charge said and says the rest again, so sums over these are sums over
-- what stands, at a fraction of the time. Copies of an entry are looked for on `days`, on all where no day is named, and not on
-- `single_days`, which are known to have none: that takes half the time. Roots are looked for in the traces of these calls
-- alone, and not at all where origins do not matter; then each is as it was booked.
CREATE OR REPLACE VIEW resolved_entries ON CLUSTER '{cluster}' AS
WITH roots AS
(
    SELECT
        trace_id,
        argMin(team, (start, span_id)) AS root_team,
        argMin(workflow, (start, span_id)) AS root_workflow,
        argMin(workflow_run_id, (start, span_id)) AS root_workflow_run_id,
        argMin(feature, (start, span_id)) AS root_feature,
        argMin(authenticated_team, (start, span_id)) AS root_authenticated_team
    FROM root_spans
    WHERE {with_roots:Bool}
      AND trace_id IN
      (
          SELECT trace_id
          FROM ledger
          WHERE {with_roots:Bool}
            AND origin_source = 'none'
            AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
            AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
            AND (empty({days:Array(Date)}) AND empty({single_days:Array(Date)})
                OR has({days:Array(Date)}, toDate(occurred_at))
                OR has({single_days:Array(Date)}, toDate(occurred_at)))
          UNION DISTINCT
          SELECT trace_id FROM root_spans WHERE {with_roots:Bool} AND authenticated_team != ''
      )
    GROUP BY trace_id
),
entry.origin_source = 'none' AND roots.trace_id != '' AND NOT mapContains(entry.tags, 'quarantine')
    AS is_taken_from_root,
if(is_taken_from_root, roots.root_team, entry.origin_team) AS caller,
if(is_taken_from_root, if(roots.root_workflow_run_id = '', entry.trace_id, roots.root_workflow_run_id),
    entry.origin_workflow_run_id) AS origin_run
SELECT
    entry.* REPLACE (
        caller AS origin_team,
        if(is_taken_from_root, roots.root_workflow, entry.origin_workflow) AS origin_workflow,
        origin_run AS origin_workflow_run_id,
        if(is_taken_from_root, roots.root_feature, entry.origin_feature) AS origin_feature,
        if(is_taken_from_root, 'root', entry.origin_source) AS origin_source
    ),
    toBool(caller != '' AND caller = roots.root_authenticated_team) AS origin_verified,
    multiIf(origin_run != '', origin_run, entry.workflow_run_id != '', entry.workflow_run_id, entry.trace_id) AS run_id,
    if(entry.kind = 'reversal', -1, 1) AS sense
FROM
(
    SELECT *
    FROM ledger FINAL
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
      AND if(empty({days:Array(Date)}), empty({single_days:Array(Date)}), toDate(occurred_at) IN {days:Array(Date)})
    UNION ALL
    SELECT *
    FROM ledger
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
      AND notEmpty({single_days:Array(Date)})
      AND toDate(occurred_at) IN {single_days:Array(Date)}
) AS entry
LEFT JOIN roots ON roots.trace_id = entry.trace_id AND {with_roots:Bool};

-- What analysts read: every entry that no reversal takes back, so one row per call, beside adjustments, with
-- `calls = sum(sign)`. A missing origin is taken from the root of the trace, once that is known, but for calls in
-- quarantine, which nobody pays for yet. An origin is verified where the root came under that team's identity.
CREATE OR REPLACE VIEW costs ON CLUSTER '{cluster}' AS
WITH roots AS
(
    SELECT
        trace_id,
        argMin((team, workflow, workflow_run_id, feature, authenticated_team), (start, span_id)) AS root
    FROM root_spans
    WHERE trace_id IN
      (
          SELECT trace_id FROM ledger WHERE origin_source = 'none'
          UNION DISTINCT
          SELECT trace_id FROM root_spans WHERE authenticated_team != ''
      )
    GROUP BY trace_id
),
entry.origin_source = 'none' AND roots.trace_id != '' AND NOT mapContains(entry.tags, 'quarantine')
    AS is_taken_from_root,
if(is_taken_from_root, roots.root.1, entry.origin_team) AS caller,
if(is_taken_from_root, if(roots.root.3 = '', entry.trace_id, roots.root.3), entry.origin_workflow_run_id) AS origin_run
SELECT
    entry.* REPLACE (
        caller AS origin_team,
        if(is_taken_from_root, roots.root.2, entry.origin_workflow) AS origin_workflow,
        origin_run AS origin_workflow_run_id,
        if(is_taken_from_root, roots.root.4, entry.origin_feature) AS origin_feature,
        if(is_taken_from_root, 'root', entry.origin_source) AS origin_source
    ),
    toBool(caller != '' AND caller = roots.root.5) AS origin_verified,
    multiIf(origin_run != '', origin_run, entry.workflow_run_id != '', entry.workflow_run_id, entry.trace_id) AS run_id
FROM ledger AS entry FINAL
LEFT JOIN roots ON roots.trace_id = entry.trace_id
WHERE entry.kind != 'reversal'
  AND (entry.call_id, entry.revision) NOT IN (SELECT call_id, revision FROM ledger WHERE kind = 'reversal');

-- The same as `costs`, for who asks for some traces: roots are looked for in those alone that a condition on `trace_id` names,
-- and not in all that might need them. Asked without one, it takes twice the memory that `costs` does.
CREATE OR REPLACE VIEW costs_of_traces ON CLUSTER '{cluster}' AS
WITH roots AS
(
    SELECT
        trace_id,
        argMin((team, workflow, workflow_run_id, feature, authenticated_team), (start, span_id)) AS root
    FROM root_spans
    GROUP BY trace_id
),
entry.origin_source = 'none' AND roots.trace_id != '' AND NOT mapContains(entry.tags, 'quarantine')
    AS is_taken_from_root,
if(is_taken_from_root, roots.root.1, entry.origin_team) AS caller,
if(is_taken_from_root, if(roots.root.3 = '', entry.trace_id, roots.root.3), entry.origin_workflow_run_id) AS origin_run
SELECT
    entry.* REPLACE (
        caller AS origin_team,
        if(is_taken_from_root, roots.root.2, entry.origin_workflow) AS origin_workflow,
        origin_run AS origin_workflow_run_id,
        if(is_taken_from_root, roots.root.4, entry.origin_feature) AS origin_feature,
        if(is_taken_from_root, 'root', entry.origin_source) AS origin_source
    ),
    toBool(caller != '' AND caller = roots.root.5) AS origin_verified,
    multiIf(origin_run != '', origin_run, entry.workflow_run_id != '', entry.workflow_run_id, entry.trace_id) AS run_id
FROM ledger AS entry FINAL
LEFT JOIN roots ON roots.trace_id = entry.trace_id
WHERE entry.kind != 'reversal'
  AND (entry.call_id, entry.revision) NOT IN (SELECT call_id, revision FROM ledger WHERE kind = 'reversal');

-- The same as `costs`, one row per line item; a call without any is one row with an empty meter and
-- nothing else of a line.
CREATE OR REPLACE VIEW cost_lines ON CLUSTER '{cluster}' AS
SELECT
    * EXCEPT (`items.meter`, `items.quantity`, `items.unit`, `items.list_unit_price`, `items.unit_price`,
        `items.per`, `items.list_amount_usd`, `items.amount_usd`),
    `items.meter` AS meter,
    if(`items.meter` = '', NULL, `items.quantity`) AS quantity,
    `items.unit` AS unit,
    `items.list_unit_price` AS list_unit_price,
    `items.unit_price` AS unit_price,
    if(`items.meter` = '', NULL, `items.per`) AS per,
    `items.list_amount_usd` AS list_amount_usd,
    `items.amount_usd` AS amount_usd
FROM costs
LEFT ARRAY JOIN
    `items.meter`, `items.quantity`, `items.unit`, `items.list_unit_price`, `items.unit_price`,
    `items.per`, `items.list_amount_usd`, `items.amount_usd`;

-- `costs` by day and the dimensions of dashboards, with the position of the ledger that each day reflects: at least
-- `ledger_entries` entries of that day, the last of them booked at `ledger_booked_until`.
--
-- Of two buildings of a day the one that saw more entries holds, whoever came last: the ledger only grows.
CREATE OR REPLACE VIEW rollup_daily ON CLUSTER '{cluster}' AS
WITH held AS
(
    SELECT
        day,
        argMax((build_id, entries, booked_until, built_at), (entries, built_at, build_id)) AS build
    FROM rollup_builds
    GROUP BY day
)
SELECT
    rollup_rows.* EXCEPT (build_id, built_at),
    held.build.2 AS ledger_entries,
    held.build.3 AS ledger_booked_until,
    held.build.4 AS built_at
FROM rollup_rows
INNER JOIN held ON held.day = rollup_rows.day AND held.build.1 = rollup_rows.build_id;

-- Each evaluation with the call it is of, null where that is not known. `linked_by` says how it was found: by the
-- evaluation's span, or another span that tells of the same call (`span`), else by its response id where one call alone
-- has that (`response`). An evaluation that names another response than the span's call does stands on the evaluator's
-- own span, and is not of that call.
CREATE OR REPLACE VIEW evaluated_calls ON CLUSTER '{cluster}' AS
WITH
    told AS
    (
        SELECT evaluation_id, response_id AS said, span_call_id AS call_id, (0, 0) AS rank
        FROM evaluations
        WHERE span_call_id != ''
        UNION ALL
        SELECT evaluation_id, response_id AS said, copy.of_call_id AS call_id, (1, copy.age) AS rank
        FROM evaluations
        INNER JOIN
        (
            SELECT call_id, of_call_id, -toInt64(toUnixTimestamp64Micro(max(found_at))) AS age
            FROM findings
            WHERE kind IN ('duplicate', 'wrapper')
            GROUP BY call_id, of_call_id
        ) AS copy ON copy.call_id = evaluations.span_call_id
        UNION ALL
        SELECT evaluation_id, response_id AS said, answer.call_id AS call_id, (2, 0) AS rank
        FROM evaluations
        INNER JOIN
        (
            SELECT response_id, any(call_id) AS call_id
            FROM costs
            WHERE kind = 'charge' AND response_id != '' AND response_id IN (SELECT response_id FROM evaluations)
            GROUP BY response_id
            HAVING count() = 1
        ) AS answer ON answer.response_id = evaluations.response_id
    ),
    links AS
    (
        SELECT
            told.evaluation_id AS evaluation_id,
            argMin(
                (
                    told.rank.1, costs.call_id, costs.occurred_at, costs.team, costs.workflow, costs.workflow_run_id,
                    costs.feature, costs.environment, costs.purpose, costs.release, costs.service, costs.provider,
                    costs.model, costs.status, costs.total_usd
                ),
                told.rank
            ) AS call
        FROM costs
        INNER JOIN told ON told.call_id = costs.call_id
        WHERE costs.kind = 'charge' AND (told.said = '' OR costs.response_id IN ('', told.said))
        GROUP BY told.evaluation_id
    ),
    links.evaluation_id != '' AS is_known
SELECT
    evaluation.evaluation_id AS evaluation_id,
    evaluation.name AS name,
    evaluation.score_value AS score_value,
    evaluation.score_label AS score_label,
    evaluation.error_type AS error_type,
    evaluation.evaluated_at AS evaluated_at,
    evaluation.trace_id AS trace_id,
    evaluation.span_id AS span_id,
    evaluation.response_id AS response_id,
    evaluation.service AS evaluator_service,
    evaluation.team AS evaluator_team,
    evaluation.scope AS scope,
    if(is_known, if(links.call.1 = 2, 'response', 'span'), NULL) AS linked_by,
    if(is_known, links.call.2, NULL) AS call_id,
    if(is_known, links.call.3, NULL) AS occurred_at,
    if(is_known, links.call.4, NULL) AS team,
    if(is_known, links.call.5, NULL) AS workflow,
    if(is_known, links.call.6, NULL) AS workflow_run_id,
    if(is_known, links.call.7, NULL) AS feature,
    if(is_known, links.call.8, NULL) AS environment,
    if(is_known, links.call.9, NULL) AS purpose,
    if(is_known, links.call.10, NULL) AS release,
    if(is_known, links.call.11, NULL) AS service,
    if(is_known, links.call.12, NULL) AS provider,
    if(is_known, links.call.13, NULL) AS model,
    if(is_known, links.call.14, NULL) AS status,
    if(is_known, links.call.15, NULL) AS total_usd
FROM evaluations AS evaluation FINAL
LEFT JOIN links ON links.evaluation_id = evaluation.evaluation_id;

-- Each outcome with the run that it came of, on the caller's side as `costs` has it: a missing origin is taken from the root
-- of the trace, as far as the outcome does not name a workflow or a feature of its own. Where neither says a run it is
-- the one that the calls of the trace are of, else the one that the outcome names itself, the trace, or the outcome alone.
CREATE OR REPLACE VIEW outcome_runs ON CLUSTER '{cluster}' AS
WITH
    roots AS
    (
        SELECT
            trace_id,
            argMin((team, workflow, workflow_run_id, feature), (start, span_id)) AS root
        FROM root_spans
        WHERE trace_id IN (SELECT trace_id FROM outcomes WHERE origin_source = 'none' AND trace_id != '')
        GROUP BY trace_id
    ),
    callers AS
    (
        SELECT
            outcome.* REPLACE
            (
                if(is_taken_from_root AND outcome.origin_team = '', roots.root.1, outcome.origin_team) AS origin_team,
                if(is_taken_from_root AND outcome.origin_workflow = '', roots.root.2, outcome.origin_workflow)
                    AS origin_workflow,
                if(is_taken_from_root, roots.root.3, outcome.origin_workflow_run_id) AS origin_workflow_run_id,
                if(is_taken_from_root AND outcome.origin_feature = '', roots.root.4, outcome.origin_feature) AS origin_feature,
                if(is_taken_from_root, 'root', outcome.origin_source) AS origin_source
            ),
            outcome.origin_source = 'none' AND roots.trace_id != '' AS is_taken_from_root,
            multiIf(
                is_taken_from_root, roots.root.3,
                outcome.origin_workflow_run_id != '', outcome.origin_workflow_run_id,
                outcome.workflow_run_id
            ) AS said_run_id
        FROM outcomes AS outcome FINAL
        LEFT JOIN roots ON roots.trace_id = outcome.trace_id
    ),
    traces AS
    (
        SELECT
            trace_id,
            any(calls.run_id) AS run_id
        FROM costs_of_traces AS calls
        WHERE kind = 'charge' AND trace_id IN (SELECT trace_id FROM callers WHERE said_run_id = '' AND trace_id != '')
        GROUP BY trace_id
        HAVING uniqExact(calls.run_id) = 1
    )
SELECT
    callers.* EXCEPT (booked_first, is_taken_from_root, said_run_id),
    multiIf(
        callers.said_run_id != '', callers.said_run_id,
        traces.run_id != '', traces.run_id,
        callers.workflow_run_id != '', callers.workflow_run_id,
        callers.trace_id != '', callers.trace_id,
        callers.outcome_id
    ) AS run_id
FROM callers
LEFT JOIN traces ON traces.trace_id = callers.trace_id;

-- Each outcome beside what the whole run that it came of cost: null where no call of that run has a price. A run may have
-- several outcomes, so sum its cost once for each `run_id`. Roots are looked for in the traces alone in which a call may be of
-- such a run.
CREATE OR REPLACE VIEW outcome_costs ON CLUSTER '{cluster}' AS
WITH wanted AS
(
    SELECT DISTINCT run_id
    FROM outcome_runs
),
traces AS
(
    SELECT trace_id
FROM ledger
WHERE origin_workflow_run_id IN (SELECT run_id FROM wanted)
   OR workflow_run_id IN (SELECT run_id FROM wanted)
   OR trace_id IN (SELECT run_id FROM wanted)
UNION DISTINCT
SELECT trace_id
FROM root_spans
WHERE workflow_run_id IN (SELECT run_id FROM wanted)
),
runs AS
(
    SELECT
        run_id,
        sum(sign) AS calls,
        countIf(status != 'priced') AS calls_not_priced,
        sum(total_usd) AS usd
    FROM costs_of_traces
    WHERE kind = 'charge' AND trace_id IN (SELECT trace_id FROM traces) AND run_id IN (SELECT run_id FROM wanted)
    GROUP BY run_id
)
SELECT
    outcome.*,
    runs.calls AS calls,
    runs.calls_not_priced AS calls_not_priced,
    runs.usd AS usd
FROM outcome_runs AS outcome
LEFT JOIN runs ON runs.run_id = outcome.run_id;

-- Each closing of a billing month: what it counted, which bookings came too late for it (later than `closed_from`, and not
-- after `open_again_at`), and what was said about it. Of two that close an open month at once the first holds.
CREATE OR REPLACE VIEW closings ON CLUSTER '{cluster}' AS
SELECT
    billing_period,
    change_id,
    entries_until AS closed_from,
    ifNull(next_open, toDateTime64('2299-01-01 00:00:00', 6, 'UTC')) AS open_again_at,
    changed_at AS closed_at,
    changed_by AS closed_by,
    reason,
    entries,
    calls,
    unpriced_calls,
    total_usd,
    entries_digest,
    roots,
    roots_digest
FROM
(
    SELECT
        *,
        lagInFrame(state) OVER before AS state_before,
        min(if(state = 'open', entries_until, NULL)) OVER after AS next_open
    FROM periods
    WINDOW
        before AS (PARTITION BY billing_period ORDER BY changed_at, change_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        after AS (PARTITION BY billing_period ORDER BY changed_at, change_id
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
)
WHERE state = 'closed' AND state_before != 'closed';

-- Every entry with the month in which it counts: the one it was booked in, or the first after it that was open when it was
-- booked, so that an entry whose writer had not seen the closing changes no closed month. A charge that was taken back and
-- the reversal that did so name each other's month and booking as `counterpart_in` and `counterpart_at`.
CREATE OR REPLACE VIEW billed ON CLUSTER '{cluster}' AS
WITH
    (SELECT groupArray((billing_period, closed_from, open_again_at)) FROM closings) AS shut,
    placed AS
    (
        SELECT
            entry.* REPLACE (
                if(
                    arrayExists(one -> one.1 = entry.billing_period AND one.2 < entry.booked_at
                        AND entry.booked_at <= one.3, shut),
                    arrayFirst(
                        month -> NOT arrayExists(one -> one.1 = month AND one.2 < entry.booked_at
                            AND entry.booked_at <= one.3, shut),
                        arrayMap(
                            n -> formatDateTime(addMonths(toDate32(concat(entry.billing_period, '-01')), n), '%Y-%m'),
                            range(length(shut) + 1)
                        )
                    ),
                    entry.billing_period
                ) AS billing_period
            )
        FROM ledger AS entry FINAL
    ),
    pairs AS
    (
        SELECT
            call_id,
            revision,
            anyIf((booked_at, billing_period), kind = 'charge') AS charged,
            anyIf((booked_at, billing_period), kind = 'reversal') AS taken_back
        FROM placed
        WHERE kind IN ('charge', 'reversal')
          AND (call_id, revision) IN (SELECT call_id, revision FROM ledger WHERE kind = 'reversal')
        GROUP BY call_id, revision
    ),
    multiIf(pairs.call_id = '', NULL, placed.kind = 'charge', pairs.taken_back, placed.kind = 'reversal', pairs.charged, NULL)
        AS counterpart
SELECT
    placed.*,
    counterpart.1 AS counterpart_at,
    counterpart.2 AS counterpart_in
FROM placed
LEFT JOIN pairs ON pairs.call_id = placed.call_id AND pairs.revision = placed.revision;

INSERT INTO schema_versions (version, name, checksum) VALUES
    (0, '0000_schema_versions', '7314b46378e7dfc631c578f9e9fcced5'),
    (1, '0001_ledger', 'baec30ad8cca0065246a8ac17ff84338'),
    (2, '0002_spans', '8a48625368f3eff210b743b050c7b6eb'),
    (3, '0003_rates', 'cea2d6f2d2e4e30e9271e4eeb478f383'),
    (4, '0004_batches', '78e347b4942a4097bfefdf79cf2ae4d0'),
    (5, '0005_periods', 'f5215b78adcadd03d7270c434b71a23e'),
    (6, '0006_findings', '229a8353f1ec45732dfa9fcea58239c0'),
    (9, '0009_rollup_rows', 'c23f70058977cbe960125d6cd60771f9'),
    (10, '0010_rollup_builds', '82293bbbd47a1e1c0965dad9a300b201'),
    (12, '0012_contracted_rates', '4ddded72f3ae48c1a35707eb8eefbf96'),
    (13, '0013_ledger_told_by', 'c0cc18a5bba8d5d7bb084dd3bc0c43c1'),
    (14, '0014_spans_booking', '8904099d0fbb1b15c355a431c8e62a2e'),
    (15, '0015_sightings', 'b8a3af0a11c403d747f5effec7b0c1a7'),
    (16, '0016_settlements', 'a229af72c28ca0f2150ad170f617ec13'),
    (19, '0019_evaluations', '8b6af73ab79476b92d417727a07cd2e8'),
    (21, '0021_spans_booked_before', '8e0f988bdb85142418544a054f81d22d'),
    (22, '0022_marginal_rates', '2758ae94a1191ad33190715fd61d96af'),
    (23, '0023_schema_views', 'fb9749b57f66461273a4e67f2e761930'),
    (24, '0024_ledger_authenticated_team', '067a0c84542afc29901480dac3d17405'),
    (25, '0025_sightings_authenticated_team', '1eabd2c9fda3db44ee1dc57a8c4d8b22'),
    (26, '0026_spans_authenticated_team', '9bb4288955a5b1df38d62d760ebd7982'),
    (27, '0027_erasures', 'cdfad043282a5aed03a09422f2a0915b'),
    (30, '0030_backfills', '29fa322d69612acb9ef7c94da64582c9'),
    (31, '0031_requests', '70c149f1bd7812bb660de3c454d11f77'),
    (32, '0032_repricings', '9314899d651d7ccc7c0232723db1c11a'),
    (33, '0033_periods_closing', 'a6cf9e7aede1164132d95071b9a55f10'),
    (34, '0034_frozen_roots', '20a19659e3ef24b9bf3e8ce42afc33d0'),
    (35, '0035_batches_entries', '042262ea2d108770ceb85d1dca10f694'),
    (36, '0036_reconciled_lines', 'f92cfd75c5adc0a59699d40729d28cf0'),
    (38, '0038_repriced_accounts', '69a4665f2463c6da635bd8697ba62ef6'),
    (40, '0040_ledger_codecs', 'e086a76c5d7347601beb93a96ebc2bb4'),
    (41, '0041_rollup_rows_verified', 'a327a11b15c9840ee458a14fa7975267'),
    (42, '0042_rollup_checks', '1a0413448a24ef679fee8ae7a1efea0c'),
    (44, '0044_ledger_promoted', '89cf6d5e20ae1634764b17ef03406e19'),
    (45, '0045_sightings_promoted', 'b990ac6aa74af71bdaea0ea2710da656'),
    (46, '0046_promoted_attributes', 'a60cd2ee28608970629b005051e45c32'),
    (47, '0047_outcomes', 'aca23125c8c064228016309adc029a0d'),
    (50, '0050_frozen_roots_digest', '55bf0fce95400cab196df9cd4c978775'),
    (51, '0051_periods_roots', '192caa2e8305c27c96c29b6a260c19e4'),
    (52, '0052_reconciled_lines_format', '05ddb19283cee24537043050b1e0527e'),
    (53, '0053_rollup_checks_single', 'a1b43f34c1eb127a80280f403fe25b94'),
    (55, '0055_rollup_rows_meters', '13511dec99f5da490fe964d041260e18');

INSERT INTO schema_views (digest) VALUES ('1c5ace9dc42c0e1adcf044c9429c7174');
