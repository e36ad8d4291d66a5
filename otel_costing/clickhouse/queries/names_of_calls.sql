-- By which names are models known in the calls of a time: as each was priced, was asked for, and answered?
SELECT
    provider,
    arrayJoin(arrayDistinct([toString(model), toString(request_model), toString(response_model)])) AS name
FROM
(
    SELECT DISTINCT provider, model, request_model, response_model
    FROM ledger
    WHERE kind = 'charge'
      AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
    UNION ALL
    SELECT DISTINCT provider, model, request_model, response_model
    FROM sightings
    WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
)
GROUP BY provider, name
ORDER BY provider, name
