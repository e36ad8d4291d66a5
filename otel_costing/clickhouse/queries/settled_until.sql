-- Up to which booking has everything been settled, and which senders did the last settler take for authorities?
-- What was noted while the clock was ahead does not count until the time has come: what is booked till then bears
-- earlier instants.
SELECT
    toUnixTimestamp64Micro(maxIf(settled_until, settled_until <= now64(6))) AS settled_until_us,
    argMax(authorities, settled_at) AS last_authorities
FROM settlements
