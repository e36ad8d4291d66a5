-- How many days ago was the oldest of the prices checked that calls of this time were charged by? No such price, no answer.
SELECT dateDiff('day', min(toDateOrNull(checked)), toDate($__toTime, 'UTC')) AS days
FROM rates
WHERE (rate_id, rates_digest) IN
  (
      SELECT rate_id, rates_digest
      FROM ledger
      WHERE $__timeFilter(occurred_at)
        AND rate_id != ''
  )
HAVING days IS NOT NULL
