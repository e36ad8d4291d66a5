-- Which position of the ledger does the rollup of each day reflect?
SELECT
    day,
    argMax(
        (entries, toUnixTimestamp64Micro(booked_until), origins),
        (entries, built_at, build_id)
    ) AS position
FROM rollup_builds
GROUP BY day
