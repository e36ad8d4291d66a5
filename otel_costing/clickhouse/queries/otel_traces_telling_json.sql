-- What do the spans that started in this time say of model calls and of who caused them? Attributes are JSON.
-- Of JSON the engine cannot pick by a list of names, so what such a span says is handed on whole.
-- The exporter writes texts that are no UTF-8 as they came: what is wrong in them is replaced, as one bad letter costs no call.
SELECT
    TraceId AS trace_id,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    toValidUTF8(SpanName) AS span_name,
    SpanKind AS kind,
    toUnixTimestamp64Nano(Timestamp) AS start_ns,
    toInt64(Duration) AS duration_ns,
    StatusCode AS status,
    toValidUTF8(toJSONString(ResourceAttributes)) AS resource,
    toValidUTF8(ScopeName) AS scope_name,
    toValidUTF8(ScopeVersion) AS scope_version,
    toValidUTF8(toJSONString(SpanAttributes)) AS attributes,
    arrayMap(
        happened -> toUnixTimestamp64Nano(happened),
        arrayFilter((happened, name) -> name IN {events:Array(String)}, Events.Timestamp, Events.Name)
    ) AS events_ns,
    arrayMap(
        said -> toValidUTF8(toJSONString(said)),
        arrayFilter((said, name) -> name IN {events:Array(String)}, Events.Attributes, Events.Name)
    ) AS events,
    arrayFilter(name -> name IN {events:Array(String)}, Events.Name) AS event_names,
    arrayZip(Links.TraceId, Links.SpanId) AS links
FROM {database:Identifier}.{table:Identifier}
WHERE Timestamp >= fromUnixTimestamp64Nano({since_ns:Int64}) AND Timestamp < fromUnixTimestamp64Nano({until_ns:Int64})
  AND (hasAny(JSONAllPaths(SpanAttributes), {telling:Array(String)}) OR hasAny(Events.Name, {events:Array(String)}))
