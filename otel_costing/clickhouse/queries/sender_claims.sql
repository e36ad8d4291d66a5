-- Which data said it is of another team than its sender's token, or came through a gateway that names no team for it?
-- One row for each sender, service and claim, however many days it was seen.
SELECT
    kind,
    JSONExtractString(detail, 'sender') AS sender,
    JSONExtractString(detail, 'service') AS service,
    JSONExtractString(detail, 'team') AS team,
    JSONExtractString(detail, 'claimed_team') AS claimed_team,
    uniqExact(ended_on) AS days,
    min(ended_on) AS first_on,
    max(ended_on) AS last_on,
    argMin(trace_id, (ended_on, found_at)) AS trace_id,
    argMin(span_id, (ended_on, found_at)) AS span_id
FROM findings
WHERE kind IN ('team_claim', 'unknown_service')
  AND ended_on >= toDate(fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC'))
  AND toDateTime64(ended_on, 9, 'UTC') < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
GROUP BY kind, sender, service, team, claimed_team
ORDER BY last_on DESC, sender, service, claimed_team
