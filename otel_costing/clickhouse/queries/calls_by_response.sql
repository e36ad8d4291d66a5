-- How many calls came of each response? Those whose response has no id count together.
SELECT
    response_id,
    toInt64(sum(sign)) AS calls
FROM costs
GROUP BY response_id
