-- Each time that a book of rates was applied to the ledger: which one, how much of the ledger was looked at, what came
-- of it. It is written last, so that one that was cut short has none.
CREATE TABLE IF NOT EXISTS repricings
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
ENGINE = MergeTree
ORDER BY finished_at
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
