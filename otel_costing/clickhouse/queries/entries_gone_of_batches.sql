-- How many entries that these batches brought does the ledger hold no more, whoever is named as having brought them?
WITH said AS
(
    SELECT batch_id, entry_key
    FROM batches FINAL
    ARRAY JOIN entry_keys AS entry_key
    WHERE batch_id IN {batch_ids:Array(String)}
)
SELECT
    batch_id,
    count() AS entries,
    arraySort(groupArray(3)(lower(hex(entry_key)))) AS beginnings
FROM said
WHERE entry_key NOT IN
(
    SELECT reinterpretAsUInt64(reverse(unhex(substring(entry_id, 1, 16)))) AS held_key
    FROM ledger
    WHERE held_key IN (SELECT entry_key FROM said)
)
GROUP BY batch_id
