-- Which entries of these calls are booked, and what do they state?
SELECT
    call_id,
    entry_id,
    content_digest
FROM ledger
WHERE ended_on IN {days:Array(Date)}
  AND call_id IN {call_ids:Array(String)}
