kind = 'charge'
AND (call_id, revision) NOT IN
(
    SELECT call_id, revision
    FROM ledger
    WHERE kind = 'reversal'
      AND occurred_at >= fromUnixTimestamp64Nano(since_ns, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano(until_ns, 'UTC')
)
