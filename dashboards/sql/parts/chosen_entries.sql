chosen AS
(
    SELECT *
    FROM
    (
        SELECT
            * REPLACE (
                {{names}}
            ),
            entry.team AS ran_team
        FROM resolved_entries(
            since_ns = since_ns, until_ns = until_ns, days = [], single_days = [], with_roots = with_roots) AS entry
    )
    WHERE {{filters}}
)
