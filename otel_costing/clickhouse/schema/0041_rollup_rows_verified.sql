-- Whether the root of the trace came under the identity of `origin_team`. Reports are answered from these rows, so they are
-- on disk before `rollup_checks` says that they may be.
ALTER TABLE rollup_rows
    ADD COLUMN IF NOT EXISTS origin_verified Bool AFTER origin_feature,
    MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
