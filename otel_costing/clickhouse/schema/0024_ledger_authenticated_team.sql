-- The team that the sender's token is bound to, or that a trusted gateway named; empty without either.
ALTER TABLE ledger ADD COLUMN IF NOT EXISTS authenticated_team LowCardinality(String) AFTER sender;
