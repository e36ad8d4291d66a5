-- What a call's resource says by the attributes that were promoted; `promoted_attributes` tells what each column means.
ALTER TABLE ledger
    ADD COLUMN IF NOT EXISTS promoted_1 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_2 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_3 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_4 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_5 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_6 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_7 LowCardinality(String),
    ADD COLUMN IF NOT EXISTS promoted_8 LowCardinality(String);
