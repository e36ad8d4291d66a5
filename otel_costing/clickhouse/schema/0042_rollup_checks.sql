-- What stood when all days' rollups were found, or made, to be the ledger: the building of each day (`builds`), and by what a
-- reader tells that something came since. `entries` and `spans` are how many rows of those tables were booked until
-- `settled_until`; of what was booked later, `recent` has the entries of each day, their number and a digest of their ids,
-- `recent_spans` is the number of spans, and `recent_roots` a digest of the ids of those that are roots of traces. The latest holds.
CREATE TABLE IF NOT EXISTS rollup_checks
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
ENGINE = ReplacingMergeTree(checked_at)
ORDER BY tuple()
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
