-- Where does each day of the ledger stand: how many entries, booked until when, and what are their origins?
-- `origins` is a digest of those that were taken from the root of a trace: a root that arrives later changes it.
SELECT
    day,
    sum(of_day.entries) AS entries,
    max(of_day.booked_until_us) AS booked_until_us,
    groupBitXor(of_day.origins) AS origins,
    toUnixTimestamp64Micro(now64(6)) AS asked_at_us
FROM
(
    SELECT
        toDate(occurred_at) AS day,
        count() AS entries,
        max(toUnixTimestamp64Micro(booked_at)) AS booked_until_us,
        toUInt64(0) AS origins
    FROM ledger FINAL
    GROUP BY day
    UNION ALL
    SELECT
        toDate(occurred_at) AS day,
        0 AS entries,
        0 AS booked_until_us,
        groupBitXor(cityHash64(entry_id, origin_team, origin_workflow, origin_feature)) AS origins
    FROM costs
    WHERE origin_source = 'root'
    GROUP BY day
) AS of_day
GROUP BY day
ORDER BY day
