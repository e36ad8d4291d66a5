-- Which building holds for each day, and which position of the ledger does it reflect?
SELECT
    day,
    argMax(
        (build_id, entries, toUnixTimestamp64Micro(booked_until), origins),
        (entries, built_at, build_id)
    ) AS build
FROM rollup_builds
GROUP BY day
