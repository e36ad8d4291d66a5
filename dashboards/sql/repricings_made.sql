-- When was the ledger repriced, by which book, and what came of it?
WITH
    {{time}}
SELECT
    began_at,
    finished_at,
    rates_digest,
    whole_ledger,
    only_unpriced,
    examined,
    late_rate,
    rate_correction,
    kept
FROM repricings
WHERE began_at >= fromUnixTimestamp64Nano(since_ns, 'UTC') AND began_at < fromUnixTimestamp64Nano(until_ns, 'UTC')
ORDER BY began_at DESC
LIMIT 100
