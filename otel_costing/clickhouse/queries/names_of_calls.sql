-- By which names are models known in the calls of a time, as each was priced, was asked for, and answered: those that are
-- `providers` and `models`, and the likest others, some of each provider? Without `providers` it does not matter whose a model is.
SELECT
    if(empty({providers:Array(String)}), '', toString(provider)) AS of_provider,
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
GROUP BY of_provider, name
ORDER BY
    of_provider IN {providers:Array(String)} DESC,
    arrayMin(arrayMap(one -> ngramDistanceCaseInsensitive(of_provider, one), {providers:Array(String)})),
    of_provider,
    name IN {models:Array(String)} DESC,
    arrayMin(arrayMap(one -> ngramDistanceCaseInsensitive(name, one), {models:Array(String)})),
    name
LIMIT {most_names:UInt64} BY of_provider
LIMIT {most:UInt64}
