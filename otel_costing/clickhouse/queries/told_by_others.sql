-- Which of these calls were found to be told of by another one, booked or not?
SELECT DISTINCT
    call_id,
    of_call_id,
    ended_on
FROM findings
WHERE ended_on IN {days:Array(Date)}
  AND call_id IN (SELECT arrayJoin(splitByChar(' ', {call_ids:String})))
  AND kind IN ('duplicate', 'wrapper')
