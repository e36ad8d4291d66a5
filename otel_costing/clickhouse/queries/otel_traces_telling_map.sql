-- What do the spans that started in this time say of model calls and of who caused them? Attributes are a Map.
-- Only attributes that are read are handed on; a text that is too long to be opened is as good as none.
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
    toValidUTF8(
        toJSONString(mapFilter((name, said) -> name IN {read_of_resources:Array(String)}, ResourceAttributes))
    ) AS resource,
    toValidUTF8(ScopeName) AS scope_name,
    toValidUTF8(ScopeVersion) AS scope_version,
    toValidUTF8(
        toJSONString(
            mapApply(
                (name, said) -> (name, if(length(said) > {longest_bytes:UInt64}, '', said)),
                mapFilter((name, said) -> name IN {read:Array(String)}, SpanAttributes)
            )
        )
    ) AS attributes,
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
  AND (hasAny(mapKeys(SpanAttributes), {telling:Array(String)}) OR hasAny(Events.Name, {events:Array(String)}))
