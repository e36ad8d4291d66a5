-- What do the calls of some days come to by the entries of the ledger, and by all that reports sum: whoever pays, whoever
-- owns, both, workflows, providers, accounts, promoted attributes, and line items?
WITH sides AS
(
    SELECT
        multiIf(
            grouping(origin_team) + grouping(team) = 0, 'between teams',
            grouping(origin_team) = 0, 'caller pays',
            grouping(team) = 0, 'owner pays',
            grouping(origin_workflow) = 0, 'by workflow of the caller',
            grouping(workflow) = 0, 'by workflow of the owner',
            grouping(provider) = 0, 'by provider',
            grouping(provider_account) = 0, 'by account',
            grouping(promoted_1) = 0, 'by promoted attributes',
            'costs'
        ) AS side,
        sum(total_usd) AS usd,
        sum(arraySum(one -> ifNull(one, toDecimal128(0, 12)), items.amount_usd)) AS lines_usd,
        toInt64(sum(sign)) AS calls
    FROM costs
    WHERE occurred_at >= toDateTime64({first_day:Date}, 9, 'UTC')
      AND occurred_at < toDateTime64({last_day:Date} + 1, 9, 'UTC')
    GROUP BY GROUPING SETS
    (
        (origin_team, team),
        (origin_team),
        (team),
        (origin_workflow, origin_feature),
        (workflow, feature),
        (provider),
        (provider_account),
        (promoted_1, promoted_2, promoted_3, promoted_4, promoted_5, promoted_6, promoted_7, promoted_8),
        ()
    )
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
