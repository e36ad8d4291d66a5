-- How many calls of each service, provider and model that was asked for are booked, and how many of their spans tell of a call
-- that is booked by another?
SELECT
    service,
    provider,
    if(request_model != '', request_model, model) AS asked_model,
    sum(sign) AS calls,
    sum(is_copy) AS copies
FROM
(
    SELECT service, provider, request_model, model, toInt64(sign) AS sign, 0 AS is_copy
    FROM costs
    WHERE kind = 'charge'
      AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
    UNION ALL
    SELECT service, provider, request_model, model, toInt64(0) AS sign, 1 AS is_copy
    FROM sightings FINAL
    WHERE cause != 'aggregate'
      AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
      AND call_id NOT IN (SELECT call_id FROM costs WHERE kind = 'charge')
)
GROUP BY service, provider, asked_model
ORDER BY service, provider, asked_model
