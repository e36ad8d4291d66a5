-- Which traces have to be settled anew, as something came since that bears on an older account of a call?
-- What one batch brought was settled within the batch, so a trace matters where two batches tell of it, or where two
-- batches tell of one response id, or where a span of no duration may report a call of its service. Of what lies in
-- other traces only the last days matter, as it lies within minutes; a trace itself may take as long as it likes.
WITH accounts AS
(
    SELECT trace_id, call_id, response_id, service, started_at, ended_at, batch_id, booked_at
    FROM ledger
    WHERE kind = 'charge' AND (ended_on >= {first_day:Date} OR ended_on < '2015-01-01')
    UNION ALL
    SELECT trace_id, call_id, response_id, service, started_at, ended_at, batch_id, booked_at
    FROM sightings
    WHERE ended_on >= {first_day:Date} OR ended_on < '2015-01-01'
),
touched AS
(
    SELECT trace_id FROM ledger WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION DISTINCT
    SELECT trace_id FROM sightings WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION DISTINCT
    SELECT trace_id FROM spans WHERE booked_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
),
told_twice AS
(
    SELECT trace_id
    FROM
    (
        SELECT trace_id, call_id, batch_id FROM ledger WHERE kind = 'charge' AND trace_id IN (SELECT trace_id FROM touched)
        UNION ALL
        SELECT trace_id, call_id, batch_id FROM sightings WHERE trace_id IN (SELECT trace_id FROM touched)
        UNION ALL
        SELECT trace_id, '' AS call_id, batch_id FROM spans WHERE trace_id IN (SELECT trace_id FROM touched)
    )
    GROUP BY trace_id
    HAVING uniqExactIf(call_id, call_id != '') > 1 AND uniqExact(batch_id) > 1
),
told_elsewhere AS
(
    SELECT response_id
    FROM accounts
    WHERE response_id != ''
    GROUP BY response_id
    HAVING uniqExact(call_id) > 1 AND uniqExact(batch_id) > 1 AND max(booked_at) >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
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
SELECT trace_id FROM told_twice
UNION DISTINCT
SELECT trace_id FROM accounts WHERE response_id IN (SELECT response_id FROM told_elsewhere)
UNION DISTINCT
SELECT reports.trace_id AS trace_id
FROM reports
INNER JOIN accounts ON accounts.service = reports.service AND toUnixTimestamp(accounts.ended_at) = reports.second
WHERE accounts.batch_id != reports.batch_id
  AND accounts.ended_at BETWEEN reports.started_at - toIntervalNanosecond({report_ns:UInt64}) AND reports.started_at
  AND greatest(accounts.booked_at, reports.booked_at) >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
