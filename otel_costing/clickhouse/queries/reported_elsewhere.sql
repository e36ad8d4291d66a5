-- What did others say that calls cost, and what do we say? Only calls with a full price are compared.
-- Two figures agree within 1e-9 USD and a thousandth of theirs, as `rollup.agrees` says.
SELECT
    reported_by,
    provider,
    model,
    sum(sign) AS calls,
    sum(if(is_compared, sign, 0)) AS compared_calls,
    sum(if(is_compared, total_usd, NULL)) AS ours_usd,
    sum(if(is_compared, reported_usd, NULL)) AS theirs_usd,
    sum(if(is_compared AND NOT is_agreed, sign, 0)) AS differing_calls,
    sum(if(status = 'partial', sign, 0)) AS partial_calls,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls
FROM
(
    SELECT
        *,
        status = 'priced' AS is_compared,
        ifNull(abs(total_usd - reported_usd) * 1000 <= abs(reported_usd) + toDecimal128('0.000001', 12), 0) AS is_agreed
    FROM costs
    WHERE reported_usd IS NOT NULL
      AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
)
GROUP BY reported_by, provider, model
ORDER BY abs(ifNull(ours_usd - theirs_usd, 0)) DESC, reported_by, provider, model
