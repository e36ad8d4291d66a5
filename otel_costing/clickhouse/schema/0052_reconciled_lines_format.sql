-- In which format a line was posted, whichever way that is written; empty in postings from before it was kept.
ALTER TABLE reconciled_lines
    ADD COLUMN IF NOT EXISTS format LowCardinality(String);
