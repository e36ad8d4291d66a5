-- Under which days a call stands that a request told of, and not a span. Whoever sends a request again may state another
-- end, and the day of the end is part of the ledger's sort key: what is looked for by the request's identity alone, the key
-- guard before it charges and a person who asks what it cost, is found by this. Kept for ever, so that a request of years
-- ago is still no second call.
CREATE TABLE IF NOT EXISTS requests
(
    call_id String,
    ended_on Date,
    batch_id LowCardinality(String),
    booked_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (call_id, ended_on)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
