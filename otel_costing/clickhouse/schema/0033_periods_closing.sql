-- Which entries a closing counts, those booked until `entries_until`, and what they come to: so that anyone can prove that
-- a closed month is still what it was. `entries_digest` is the sum, modulo 2^256, of the SHA-256 of each entry's id and
-- content digest, so it does not depend on their order.
ALTER TABLE periods
    ADD COLUMN IF NOT EXISTS entries_until DateTime64(6, 'UTC') DEFAULT changed_at,
    ADD COLUMN IF NOT EXISTS change_id String,
    ADD COLUMN IF NOT EXISTS entries UInt64,
    ADD COLUMN IF NOT EXISTS calls Int64,
    ADD COLUMN IF NOT EXISTS unpriced_calls Int64,
    ADD COLUMN IF NOT EXISTS total_usd Nullable(Decimal(38, 12)),
    ADD COLUMN IF NOT EXISTS entries_digest String;
