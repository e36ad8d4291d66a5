-- Which findings about these calls are there already?
SELECT DISTINCT finding_id
FROM findings
WHERE ended_on IN {days:Array(Date)}
  AND call_id IN (SELECT arrayJoin(splitByChar(' ', {call_ids:String})))
