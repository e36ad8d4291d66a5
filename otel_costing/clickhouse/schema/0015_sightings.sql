-- What each span says of a call that several spans tell of, or that only sums up others, in the shape of its first
-- charge. The ledger holds what was drawn from them; they are kept so that it can be drawn again when more is known.
CREATE TABLE IF NOT EXISTS sightings AS ledger
ENGINE = ReplacingMergeTree(booked_first)
PARTITION BY toYYYYMM(ended_on)
ORDER BY (ended_on, call_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
