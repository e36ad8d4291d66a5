{{spend}},
chosen AS
(
    SELECT *
    FROM
    (
        SELECT * REPLACE (
            {{names}}
        )
        FROM spend
    )
    WHERE {{filters}}
)
