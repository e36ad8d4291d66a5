-- Which lines for usage of a provider, within a time, stand as posted, and what do they bill?
SELECT
    line_key,
    source_document,
    place,
    provider_account,
    billed_as,
    model,
    meter,
    toUnixTimestamp64Nano(starts_at) AS start_ns,
    toUnixTimestamp64Nano(ends_at) AS end_ns,
    billed_usd
FROM
(
    SELECT *
    FROM reconciled_lines FINAL
    WHERE provider = {provider:String}
      AND line_kind = 'usage'
      AND starts_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND ends_at <= fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
    ORDER BY line_key, posting DESC
    LIMIT 1 BY line_key
)
WHERE action != 'undone'
ORDER BY line_key
