-- The days on which no entry lay in two copies when they were checked: until something comes for them, their rows are summed as
-- they lie. A check from before names none, and is made anew.
ALTER TABLE rollup_checks
    ADD COLUMN IF NOT EXISTS single_days Array(Date) AFTER builds;
