-- Under which days do calls stand that these requests told of?
SELECT DISTINCT
    call_id,
    ended_on
FROM requests
WHERE call_id IN (SELECT arrayJoin(splitByChar(' ', {call_ids:String})))
