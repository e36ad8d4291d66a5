-- On which days did calls end that a book of rates may price otherwise, and about how many are there?
SELECT
    ended_on,
    count() AS accounts
FROM
(
    SELECT ended_on, occurred_at, provider, model, request_model, response_model, status, status_reason
    FROM ledger
    WHERE kind = 'charge'
    UNION ALL
    SELECT ended_on, occurred_at, provider, model, request_model, response_model, status, status_reason
    FROM sightings
)
WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
  AND (NOT {only_unpriced:Bool} OR status != 'priced')
  AND status_reason NOT IN {priced_never:Array(String)}
  AND (empty({providers:Array(String)}) OR provider IN {providers:Array(String)})
  AND (empty({models:Array(String)}) OR hasAny({models:Array(String)}, [model, request_model, response_model]))
GROUP BY ended_on
ORDER BY ended_on
