-- How many roots a closing froze, and what they come to: `roots_digest` is the sum, modulo 2^256, of the SHA-256 of what
-- each states. It is empty in closings from before it was kept.
ALTER TABLE periods
    ADD COLUMN IF NOT EXISTS roots UInt64,
    ADD COLUMN IF NOT EXISTS roots_digest String;
