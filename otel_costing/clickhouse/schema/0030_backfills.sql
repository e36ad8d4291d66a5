-- How far each backfill came: spans that started before `read_until` are booked. A row for each step; the last one
-- counts, and that one run begins anew once it says `finished`.
CREATE TABLE IF NOT EXISTS backfills
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
ENGINE = MergeTree
ORDER BY (backfill_id, begun_at, read_until)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
