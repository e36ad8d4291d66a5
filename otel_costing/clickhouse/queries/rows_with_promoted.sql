-- How many rows of a table that has columns for promoted attributes hold one of these identifiers there, told by salted digests,
-- and in which columns?
SELECT
    pair.1 AS promoted_column,
    count() AS held_rows
FROM
(
    SELECT
        arrayJoin(arrayFilter(
            pair -> pair.2 != '' AND arrayExists(
                identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', pair.2))))),
                ['customer_id', 'user_id', 'session_id']
            ),
            [
                ('promoted_1', toString(promoted_1)),
                ('promoted_2', toString(promoted_2)),
                ('promoted_3', toString(promoted_3)),
                ('promoted_4', toString(promoted_4)),
                ('promoted_5', toString(promoted_5)),
                ('promoted_6', toString(promoted_6)),
                ('promoted_7', toString(promoted_7)),
                ('promoted_8', toString(promoted_8))
            ]
        )) AS pair
    FROM {table:Identifier}
)
GROUP BY promoted_column
ORDER BY promoted_column
