-- Which of these calls were found to be told of by another one that is booked?
-- A finding is written before the entry it points to, so one whose booking was cut short points to nothing. Accounts
-- of one call lie within minutes of each other, so the other one ended on the same day or next to it.
WITH told AS
(
    SELECT
        call_id,
        of_call_id AS booked_call_id,
        ended_on
    FROM findings
    WHERE ended_on IN {days:Array(Date)}
      AND call_id IN (SELECT arrayJoin(splitByChar(' ', {call_ids:String})))
      AND kind IN ('duplicate', 'wrapper')
)
SELECT
    call_id,
    any(booked_call_id) AS of_call_id
FROM told
WHERE booked_call_id IN
(
    SELECT call_id
    FROM ledger
    WHERE ended_on IN (SELECT arrayJoin([ended_on - 1, ended_on, ended_on + 1]) FROM told)
      AND call_id IN (SELECT booked_call_id FROM told)
)
GROUP BY call_id
