-- What was posted of these lines of a provider's invoices, from first to last?
SELECT
    *,
    toUnixTimestamp64Nano(starts_at) AS start_ns,
    toUnixTimestamp64Nano(ends_at) AS end_ns,
    toUnixTimestamp64Nano(toDateTime64(sealed_at, 9, 'UTC')) AS sealed_ns
FROM reconciled_lines FINAL
WHERE provider = {provider:String}
  AND line_key IN (SELECT arrayJoin(splitByChar(' ', {line_keys:String})))
ORDER BY line_key, posting
