(call_id, revision) NOT IN
(
    SELECT call_id, revision
    FROM ledger
    WHERE kind = 'reversal'
      AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
      AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
)
