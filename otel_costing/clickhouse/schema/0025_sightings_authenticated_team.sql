-- As in `ledger`.
ALTER TABLE sightings ADD COLUMN IF NOT EXISTS authenticated_team LowCardinality(String) AFTER sender;
