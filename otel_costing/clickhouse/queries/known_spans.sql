-- Which of these spans are kept already, since when, and on which day did they end as they came first?
SELECT
    trace_id,
    span_id,
    ended_on,
    toUnixTimestamp64Nano(received_at) AS received_ns
FROM spans
WHERE (trace_id, span_id) IN
(
    SELECT splitByChar('/', key)[1], splitByChar('/', key)[2]
    FROM (SELECT arrayJoin(splitByChar(' ', {spans:String})) AS key)
)
