-- How many rows of a table that has the attribution columns hold each of these identifiers, told by salted digests?
SELECT
    pair.1 AS identifier,
    count() AS held_rows
FROM
(
    SELECT
        arrayJoin(arrayFilter(
            pair -> pair.2 != '',
            [('customer_id', customer_id), ('user_id', user_id), ('session_id', session_id)]
        )) AS pair
    FROM {table:Identifier}
)
WHERE lower(hex(SHA256(concat({salt:String}, pair.1, '=', pair.2)))) IN {digests:Array(String)}
GROUP BY identifier
ORDER BY identifier
