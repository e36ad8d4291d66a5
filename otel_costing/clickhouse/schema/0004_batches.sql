-- Every batch that is in the ledger, with what came of it when it was first booked.
CREATE TABLE IF NOT EXISTS batches
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
ENGINE = ReplacingMergeTree
ORDER BY batch_id
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
