-- Which entries of these calls are booked, what do they state, and which batch brought them?
SELECT
    call_id,
    entry_id,
    content_digest,
    batch_id
FROM ledger
WHERE ended_on IN {days:Array(Date)}
  AND call_id IN (SELECT arrayJoin(splitByChar(' ', {call_ids:String})))
