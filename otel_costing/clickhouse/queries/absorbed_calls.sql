-- Which of these calls were found to be told of by another one that is booked?
SELECT
    call_id,
    any(of_call_id) AS of_call_id
FROM findings
WHERE ended_on IN {days:Array(Date)}
  AND call_id IN {call_ids:Array(String)}
  AND kind IN ('duplicate', 'wrapper')
GROUP BY call_id
