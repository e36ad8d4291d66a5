-- `costs` by day and the dimensions of dashboards, with the position of the ledger that each day reflects: at least
-- `ledger_entries` entries of that day, the last of them booked at `ledger_booked_until`.
--
-- Of two buildings of a day the one that saw more entries holds, whoever came last: the ledger only grows.
CREATE OR REPLACE VIEW rollup_daily AS
WITH held AS
(
    SELECT
        day,
        argMax((build_id, entries, booked_until, built_at), (entries, built_at, build_id)) AS build
    FROM rollup_builds
    GROUP BY day
)
SELECT
    rollup_rows.* EXCEPT (build_id, built_at),
    held.build.2 AS ledger_entries,
    held.build.3 AS ledger_booked_until,
    held.build.4 AS built_at
FROM rollup_rows
INNER JOIN held ON held.day = rollup_rows.day AND held.build.1 = rollup_rows.build_id;
