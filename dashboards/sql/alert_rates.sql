-- How many days ago was the oldest of the prices checked that calls of this time stand charged by? No such price, no answer.
-- A price that was checked again without a change is the same one, in another book; one whose calls are all repriced charges none.
SELECT dateDiff('day', min(checked_on), toDate($__toTime, 'UTC')) AS days
FROM
(
    SELECT max(toDateOrNull(checked)) AS checked_on
    FROM rates
    WHERE rate_id IN
      (
          SELECT rate_id
          FROM ledger FINAL
          WHERE $__timeFilter(occurred_at)
            AND rate_id != ''
          GROUP BY rate_id
          HAVING sum(sign) > 0
      )
    GROUP BY rate_id
)
HAVING days IS NOT NULL
