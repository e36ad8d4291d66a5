-- As in `ledger`.
ALTER TABLE sightings
    ADD COLUMN IF NOT EXISTS promoted_1 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_2 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_3 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_4 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_5 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_6 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_7 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_8 LowCardinality(String);
