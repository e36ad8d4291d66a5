-- Which other spans started in this time? What they say is left unread. Attributes are a Map.
SELECT
    TraceId AS trace_id,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    toValidUTF8(SpanName) AS span_name,
    SpanKind AS kind,
    toUnixTimestamp64Nano(Timestamp) AS start_ns,
    toInt64(Duration) AS duration_ns,
    StatusCode AS status,
    toValidUTF8(
        toJSONString(mapFilter((name, said) -> name IN {read_of_resources:Array(String)}, ResourceAttributes))
    ) AS resource,
    toValidUTF8(ScopeName) AS scope_name,
    toValidUTF8(ScopeVersion) AS scope_version,
    '{}' AS attributes,
    CAST([], 'Array(Int64)') AS events_ns,
    CAST([], 'Array(String)') AS events,
    CAST([], 'Array(String)') AS event_names,
    arrayZip(Links.TraceId, Links.SpanId) AS links
FROM {database:Identifier}.{table:Identifier}
WHERE Timestamp >= fromUnixTimestamp64Nano({since_ns:Int64}) AND Timestamp < fromUnixTimestamp64Nano({until_ns:Int64})
  AND NOT (hasAny(mapKeys(SpanAttributes), {telling:Array(String)}) OR hasAny(Events.Name, {events:Array(String)}))
