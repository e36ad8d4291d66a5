-- What were these calls of one day, between two of them, priced at by rates that came after them, where nothing is charged by them?
SELECT *
FROM repriced_accounts FINAL
PREWHERE ended_on = {ended_on:Date}
  AND call_id >= {first:String}
  AND call_id <= {last:String}
  AND call_id IN (SELECT arrayJoin(splitByChar(' ', {call_ids:String})))
