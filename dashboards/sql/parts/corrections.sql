corrections AS
(
    SELECT *
    FROM
    (
        SELECT * REPLACE (
            {{names}}
        )
        FROM
        (
            SELECT *
            FROM
            (
                -- The first of two copies of an entry, whenever it was booked: FINAL would read all of the ledger.
                SELECT *
                FROM ledger
                WHERE (ended_on, call_id, entry_id) IN
                (
                    SELECT ended_on, call_id, entry_id
                    FROM ledger
                    WHERE cause NOT IN ('first', 'aggregate')
                      AND booked_at >= fromUnixTimestamp64Nano(since_ns, 'UTC')
                      AND booked_at < fromUnixTimestamp64Nano(until_ns, 'UTC')
                )
                ORDER BY booked_at
                LIMIT 1 BY entry_id
            )
            WHERE booked_at >= fromUnixTimestamp64Nano(since_ns, 'UTC')
              AND booked_at < fromUnixTimestamp64Nano(until_ns, 'UTC')
        )
    )
    WHERE {{filters}}
)
