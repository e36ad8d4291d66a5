-- Under which finished batches, of one part of all, does the ledger hold other entries than each brought?
WITH of_batch AS
(
    SELECT
        batch_id,
        count() AS entries,
        leftPad(lower(hex(sum(reinterpretAsUInt256(SHA256(concat(entry_id, content_digest)))))), 64, '0') AS entries_digest
    FROM ledger FINAL
    WHERE cityHash64(batch_id) % {parts:UInt32} = {part:UInt32}
    GROUP BY batch_id
)
SELECT
    brought.batch_id AS batch_id,
    length(brought.entry_keys) AS brought_entries,
    of_batch.entries AS entries
FROM batches AS brought FINAL
LEFT JOIN of_batch ON of_batch.batch_id = brought.batch_id
WHERE cityHash64(brought.batch_id) % {parts:UInt32} = {part:UInt32}
  AND brought.booked_at <= fromUnixTimestamp64Micro({until_us:Int64}, 'UTC')
  AND brought.entries_digest != ''
  AND (brought_entries != entries OR (entries > 0 AND brought.entries_digest != of_batch.entries_digest))
ORDER BY batch_id
