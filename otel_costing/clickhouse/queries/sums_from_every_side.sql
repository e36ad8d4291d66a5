-- What do the calls of some days come to by the entries of the ledger, and by all that reports sum: whoever pays, whoever
-- owns, providers, and line items?
WITH sides AS
(
    SELECT
        multiIf(
            grouping(origin_team) = 0, 'caller pays',
            grouping(team) = 0, 'owner pays',
            grouping(provider) = 0, 'by provider',
            'costs'
        ) AS side,
        sum(total_usd) AS usd,
        sum(arraySum(one -> ifNull(one, toDecimal128(0, 12)), items.amount_usd)) AS lines_usd,
        toInt64(sum(sign)) AS calls
    FROM costs
    WHERE occurred_at >= toDateTime64({first_day:Date}, 9, 'UTC')
      AND occurred_at < toDateTime64({last_day:Date} + 1, 9, 'UTC')
    GROUP BY GROUPING SETS ((origin_team), (team), (provider), ())
)
SELECT
    side,
    ifNull(sum(usd), 0) AS usd,
    ifNull(sum(lines_usd), 0) AS lines_usd,
    sum(calls) AS calls
FROM sides
GROUP BY side
UNION ALL
SELECT
    'ledger' AS side,
    ifNull(sum(total_usd), 0) AS usd,
    ifNull(sum(arraySum(one -> ifNull(one, toDecimal128(0, 12)), items.amount_usd)), 0) AS lines_usd,
    toInt64(sum(sign)) AS calls
FROM ledger FINAL
WHERE occurred_at >= toDateTime64({first_day:Date}, 9, 'UTC')
  AND occurred_at < toDateTime64({last_day:Date} + 1, 9, 'UTC')
