-- Where do these days of the ledger stand, or all of them: how many entries, booked until when, and what are their origins?
-- `origins` is a digest of those that were taken from the root of a trace, or are verified by it: a root that arrives later
-- changes it. Its first words tell apart the rows that know who is verified, and what each meter cost.
SELECT
    toDate(occurred_at) AS day,
    count() AS entries,
    max(toUnixTimestamp64Micro(booked_at)) AS booked_until_us,
    cityHash64('verified, by meter', groupBitXor(if(origin_source = 'root' OR origin_verified,
        cityHash64(entry_id, origin_team, origin_workflow, origin_feature, origin_verified), 0))) AS origins,
    toUnixTimestamp64Micro(now64(6)) AS asked_at_us
FROM resolved_entries(since_ns = {since_ns:Int64}, until_ns = {until_ns:Int64}, days = {days:Array(Date)}, single_days = [],
    with_roots = true)
GROUP BY day
ORDER BY day
