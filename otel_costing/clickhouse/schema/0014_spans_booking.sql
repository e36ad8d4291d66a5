-- When a span came, by which batch, and the day of its end, which is part of the ledger's keys.
ALTER TABLE spans
    ADD COLUMN IF NOT EXISTS ended_on Date DEFAULT toDate(start + toIntervalMillisecond(duration_ms)),
    ADD COLUMN IF NOT EXISTS batch_id LowCardinality(String),
    ADD COLUMN IF NOT EXISTS booked_at DateTime64(6, 'UTC') DEFAULT now64(6),
    ADD INDEX IF NOT EXISTS by_booking booked_at TYPE minmax GRANULARITY 1;
