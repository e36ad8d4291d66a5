-- What rows does the ledger hold of some days, between two calls? Copies that are not merged yet are among them.
SELECT
    *,
    toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
    toUnixTimestamp64Nano(received_at) AS received_ns,
    toUnixTimestamp64Nano(started_at) AS started_ns,
    toUnixTimestamp64Nano(ended_at) AS ended_ns
FROM ledger
WHERE ended_on >= {first_day:Date}
  AND ended_on <= {last_day:Date}
  AND call_id >= {first:String}
  AND ({beyond:String} = '' OR call_id < {beyond:String})
