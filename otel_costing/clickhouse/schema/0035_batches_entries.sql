-- What a batch brought, so that it can be proved that the ledger still holds it: `entries_digest` as in `periods`, and the
-- first 64 bits of each entry's id, as of two batches that bring one entry at one instant only one is named by its row. Both
-- are empty in batches from before they were kept.
ALTER TABLE batches
    ADD COLUMN IF NOT EXISTS entries_digest String,
    ADD COLUMN IF NOT EXISTS entry_keys Array(UInt64);
