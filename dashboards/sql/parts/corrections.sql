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
            -- The first of two copies of an entry: FINAL would read all of the ledger.
            SELECT *
            FROM ledger
            WHERE cause NOT IN ('first', 'aggregate')
              AND booked_at >= fromUnixTimestamp64Nano(since_ns, 'UTC')
              AND booked_at < fromUnixTimestamp64Nano(until_ns, 'UTC')
            ORDER BY booked_at
            LIMIT 1 BY entry_id
        )
    )
    WHERE {{filters}}
)
