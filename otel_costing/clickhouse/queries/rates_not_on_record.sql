-- Which rates priced entries of some days and are not on record?
SELECT
    rate_id,
    rates_digest,
    uniqExact(entry_id) AS entries,
    min(ended_on) AS first_day
FROM ledger
WHERE ended_on >= {first_day:Date}
  AND ended_on <= {last_day:Date}
  AND rate_id != ''
  AND (rate_id, rates_digest) NOT IN (SELECT rate_id, rates_digest FROM rates)
GROUP BY rate_id, rates_digest
ORDER BY rate_id, rates_digest
