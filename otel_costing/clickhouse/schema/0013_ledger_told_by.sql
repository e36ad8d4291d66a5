-- What settlement reads of an entry: which instrumentation told of the call, when its span truly ran, which model
-- answered, and who sent the record.
ALTER TABLE ledger
    ADD COLUMN IF NOT EXISTS response_model LowCardinality(String) AFTER request_model,
    ADD COLUMN IF NOT EXISTS scope LowCardinality(String) AFTER service,
    ADD COLUMN IF NOT EXISTS sender LowCardinality(String) AFTER error_type,
    ADD COLUMN IF NOT EXISTS ended_at DateTime64(9, 'UTC') DEFAULT occurred_at AFTER ended_on,
    ADD COLUMN IF NOT EXISTS started_at DateTime64(9, 'UTC') DEFAULT ended_at - toIntervalMillisecond(abs(duration_ms))
        AFTER ended_on;
