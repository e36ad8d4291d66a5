-- In which of these traces is a call known already, booked or not, beside these? What an attempt at this very batch
-- wrote before it was cut short was settled with them.
SELECT trace_id
FROM ledger
WHERE trace_id IN {trace_ids:Array(String)}
  AND call_id NOT IN {call_ids:Array(String)}
  AND batch_id != {batch_id:String}
UNION DISTINCT
SELECT trace_id
FROM sightings
WHERE trace_id IN {trace_ids:Array(String)}
  AND call_id NOT IN {call_ids:Array(String)}
  AND batch_id != {batch_id:String}
