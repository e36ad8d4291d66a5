-- Which entries, between two ids, stand in the ledger under more than one key, so that each counts, or state two things
-- under one key? Copies that only wait for their merge are neither.
SELECT
    entry_id,
    min(ended_on) AS first_day,
    arraySort(groupUniqArray(10)((toString(ended_on), call_id))) AS places,
    arraySort(groupUniqArray(10)(batch_id)) AS batches
FROM ledger
WHERE entry_id >= {first:String}
  AND ({beyond:String} = '' OR entry_id < {beyond:String})
GROUP BY entry_id
HAVING (min((ended_on, call_id)) != max((ended_on, call_id)) OR min(content_digest) != max(content_digest))
   AND countIf(ended_on >= {first_day:Date} AND ended_on <= {last_day:Date}) > 0
ORDER BY entry_id
