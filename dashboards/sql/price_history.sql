-- How did prices change? A series for each meter of a model, as its provider states it; a price holds until the next point.
WITH
    {{time}},
    {{prices}}
SELECT
    toDateTime(at, 'UTC') AS time,
    arrayStringConcat(
        arrayFilter(part -> part != '', [provider, model, toString(tier), toString(region), meter, concat('per ', toString(per))]), ' '
    ) AS name,
    max(unit_price) AS price_usd
FROM chosen
ARRAY JOIN
    [
        greatest(ifNull(starts_at, fromUnixTimestamp64Nano(since_ns, 'UTC')), fromUnixTimestamp64Nano(since_ns, 'UTC')),
        least(ifNull(ends_at, fromUnixTimestamp64Nano(until_ns, 'UTC')), fromUnixTimestamp64Nano(until_ns, 'UTC')) - INTERVAL 1 SECOND
    ] AS at
GROUP BY time, name
ORDER BY time, name
