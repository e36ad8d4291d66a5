-- Which traces have to be settled anew, as something came since that bears on an older account of a call?
-- What one batch brought was settled within the batch, so a trace matters where two batches tell of it, or where two
-- batches tell of one response id, or where a span of no duration may report a call of its service. Of what lies in
-- other traces only the last days matter, as it lies within minutes; a trace itself may take as long as it likes. An account
-- that was priced anew comes in a batch of its own.
WITH accounts AS
(
    SELECT trace_id, call_id, response_id, service, started_at, ended_at, batch_id, booked_at
    FROM ledger
    WHERE kind = 'charge' AND (ended_on >= {first_day:Date} OR ended_on < '2015-01-01')
    UNION ALL
    SELECT trace_id, call_id, response_id, service, started_at, ended_at, batch_id, booked_at
    FROM sightings
    WHERE ended_on >= {first_day:Date} OR ended_on < '2015-01-01'
    UNION ALL
    SELECT trace_id, call_id, response_id, service, started_at, ended_at, batch_id, booked_at
    FROM repriced_accounts
    WHERE ended_on >= {first_day:Date} OR ended_on < '2015-01-01'
),
touched AS
(
    SELECT sipHash64(trace_id) AS trace FROM ledger WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION DISTINCT
    SELECT sipHash64(trace_id) AS trace FROM sightings WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION DISTINCT
    SELECT sipHash64(trace_id) AS trace FROM repriced_accounts WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION DISTINCT
    SELECT sipHash64(trace_id) AS trace FROM spans WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
),
told_twice AS
(
    SELECT any(trace_id) AS told
    FROM
    (
        SELECT trace_id, sipHash64(call_id) AS call, batch_id FROM ledger WHERE kind = 'charge'
        UNION ALL
        SELECT trace_id, sipHash64(call_id) AS call, batch_id FROM sightings
        UNION ALL
        SELECT trace_id, sipHash64(call_id) AS call, batch_id FROM repriced_accounts
        UNION ALL
        SELECT trace_id, 0 AS call, batch_id FROM spans
    )
    WHERE sipHash64(trace_id) IN (SELECT trace FROM touched)
    GROUP BY sipHash64(trace_id)
    HAVING minIf(call, call != 0) != maxIf(call, call != 0) AND min(sipHash64(batch_id)) != max(sipHash64(batch_id))
),
told_elsewhere AS
(
    SELECT sipHash64(response_id) AS response
    FROM accounts
    WHERE response_id != ''
      AND sipHash64(response_id) IN
      (
          SELECT sipHash64(response_id)
          FROM accounts
          WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
      )
    GROUP BY response
    HAVING min(sipHash64(call_id)) != max(sipHash64(call_id)) AND min(sipHash64(batch_id)) != max(sipHash64(batch_id))
),
reports AS
(
    SELECT
        service,
        started_at,
        batch_id,
        booked_at,
        trace_id,
        arrayJoin([toUnixTimestamp(started_at), toUnixTimestamp(started_at) - 1]) AS second
    FROM accounts
    WHERE started_at = ended_at AND response_id = ''
)
SELECT told AS trace_id FROM told_twice
UNION DISTINCT
SELECT trace_id FROM accounts WHERE sipHash64(response_id) IN (SELECT response FROM told_elsewhere)
UNION DISTINCT
SELECT reports.trace_id AS trace_id
FROM accounts
INNER JOIN reports ON accounts.service = reports.service AND toUnixTimestamp(accounts.ended_at) = reports.second
WHERE accounts.batch_id != reports.batch_id
  AND accounts.ended_at BETWEEN reports.started_at - toIntervalNanosecond({report_ns:UInt64}) AND reports.started_at
  AND greatest(accounts.booked_at, reports.booked_at) >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
