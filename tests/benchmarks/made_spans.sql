-- The skeletons of the traces of some calls of `made_postings`: a root, an agent below it, and below that the calls.
INSERT INTO spans
    (trace_id, span_id, parent_span_id, name, kind, service, team, workflow, workflow_run_id, feature, start, duration_ms, ended_on,
     batch_id, booked_at, received_at)
WITH
    intDiv(number, 7) AS trace,
    number % 7 AS place,
    trace * 5 + place - 2 AS call,
    intDiv(trace, 2) AS run,
    toUInt8(least(cityHash64(run, 'workflow') % 40, cityHash64(run, 'again') % 40)) AS workflow_number,
    substring(lower(hex(MD5(concat('root', toString(trace))))), 1, 16) AS root,
    substring(lower(hex(MD5(concat('agent', toString(trace))))), 1, 16) AS agent,
    ['support', 'search', 'billing', 'growth', 'platform', 'research', 'mobile', 'risk'] AS teams,
    {first_ns:Int64} + toInt64(toDecimal128(trace * 5 + greatest(place, 2) - 2, 0) * {span_ns:Int64} / {calls:UInt64}) AS end_ns,
    {first_ns:Int64} + toInt64(toDecimal128(intDiv(trace * 5, 2000) + 1, 0) * 2000 * {span_ns:Int64} / {calls:UInt64}) AS came_ns,
    300 + cityHash64(call) % 9000 AS lasting_ms,
    end_ns - if(place < 2, 12000 - place, lasting_ms) * 1000000 - cityHash64(number) % 1000000 AS start_ns
SELECT
    lower(hex(MD5(toString(trace)))),
    multiIf(place = 0, root, place = 1, agent, substring(lower(hex(MD5(concat('span', toString(call))))), 1, 16)),
    multiIf(place = 0, '', place = 1, root, agent),
    multiIf(place = 0, concat('POST /workflow-', toString(workflow_number)), place = 1, 'invoke_agent', 'chat'),
    multiIf(place = 0, 'server', place = 1, 'internal', 'client'),
    concat('service-', toString(workflow_number % 25)),
    teams[1 + workflow_number % 8],
    concat('workflow-', toString(workflow_number)),
    toString(reinterpretAsUUID(MD5(concat('run', toString(run))))),
    concat('feature-', toString(workflow_number % 15)),
    fromUnixTimestamp64Nano(start_ns, 'UTC') AS start,
    if(place < 2, 14000, lasting_ms),
    toDate(fromUnixTimestamp64Nano(end_ns, 'UTC')),
    lower(hex(MD5(concat('batch', toString(intDiv(trace * 5, 2000)))))),
    toDateTime64(fromUnixTimestamp64Nano(came_ns, 'UTC'), 6, 'UTC') + INTERVAL 2 SECOND,
    fromUnixTimestamp64Nano(came_ns, 'UTC')
FROM numbers({from:UInt64}, {until:UInt64} - {from:UInt64})
