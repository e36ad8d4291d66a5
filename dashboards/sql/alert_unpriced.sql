-- Of a hundred calls of this time, how many have no price? No call, no answer.
SELECT 100 * sum(if(status = 'unpriced', sign, 0)) / sum(sign) AS percent
FROM ledger FINAL
WHERE $__timeFilter(occurred_at)
HAVING sum(sign) > 0
