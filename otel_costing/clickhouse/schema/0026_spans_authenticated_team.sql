-- As in `ledger`: where it is that of a trace's root, the origin that the trace's calls claim is verified.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS authenticated_team LowCardinality(String) AFTER team;
