-- What a frozen root states, each part behind its length, and the digest of that as it was frozen: whoever edits the row
-- leaves the digest behind. Roots that were frozen before have that of what they are now.
ALTER TABLE frozen_roots
    ADD COLUMN IF NOT EXISTS states String ALIAS arrayStringConcat(arrayMap(
        one -> concat(toString(length(one)), ':', one),
        [
            change_id, toString(billing_period), trace_id, span_id, toString(toUnixTimestamp64Nano(start)), toString(team),
            toString(workflow), workflow_run_id, toString(feature), toString(authenticated_team),
            toString(toUnixTimestamp64Micro(booked_at))
        ]
    )),
    ADD COLUMN IF NOT EXISTS root_digest FixedString(32) DEFAULT SHA256(states);
