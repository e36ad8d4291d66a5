"""Tables as the OpenTelemetry Collector's ClickHouse exporter makes and fills them, from requests in OTLP/JSON.

Source: opentelemetry-collector-contrib `exporter/clickhouseexporter` (columns, order, partition; `exporter_traces.go`,
`exporter_traces_json.go`), `pdata/pcommon` `Value.AsString` and Go's `encoding/json` for values as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from otel_costing.clickhouse.connection import Connection
from otel_costing.otel_traces import Schema

_COLUMNS = """
    Timestamp DateTime64(9),
    TraceId String,
    SpanId String,
    ParentSpanId String,
    TraceState String,
    SpanName LowCardinality(String),
    SpanKind LowCardinality(String),
    ServiceName LowCardinality(String),
    ResourceAttributes {attributes},
    ScopeName String,
    ScopeVersion String,
    SpanAttributes {attributes},
    Duration UInt64,
    StatusCode LowCardinality(String),
    StatusMessage String,
    Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes {attributes}),
    Links Nested (TraceId String, SpanId String, TraceState String, Attributes {attributes})
"""
_TYPES = {Schema.MAP: "Map(LowCardinality(String), String)", Schema.JSON: "JSON"}
_KEPT = """
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)
"""
_KINDS = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
_STATUSES = ("Unset", "Ok", "Error")


def make_table(connection: Connection, table: str, schema: Schema) -> None:
    """Make an empty table in the connection's database."""
    columns = _COLUMNS.format(attributes=_TYPES[schema])
    connection.command(f"CREATE TABLE {table} ({columns}) {_KEPT}")


def fill_table(
    connection: Connection, table: str, requests: Iterable[Mapping[str, Any]], schema: Schema
) -> None:
    """Write requests as the exporter does."""
    rows = [row for request in requests for row in _rows(request, schema)]
    insert_rows(connection, table, rows)


def insert_rows(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write ready rows."""
    lines = "\n".join(json.dumps(row) for row in rows)
    connection._client.raw_insert(table, insert_block=lines, fmt="JSONEachRow")  # noqa: SLF001 - a format, not columns


def _rows(request: Mapping[str, Any], schema: Schema) -> Iterator[dict[str, Any]]:
    for resource_spans in request["resourceSpans"]:
        resource = resource_spans.get("resource", {}).get("attributes", ())
        for scope_spans in resource_spans["scopeSpans"]:
            for span in scope_spans["spans"]:
                yield {
                    **_row(span, schema),
                    "ServiceName": _texts(resource).get("service.name", ""),
                    "ResourceAttributes": _attributes(resource, schema),
                    "ScopeName": scope_spans.get("scope", {}).get("name", ""),
                    "ScopeVersion": scope_spans.get("scope", {}).get("version", ""),
                }


def _row(span: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    start_ns, end_ns = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    events, links = span.get("events", ()), span.get("links", ())
    return {
        "Timestamp": _instant(start_ns),
        "TraceId": span["traceId"],
        "SpanId": span["spanId"],
        "ParentSpanId": span.get("parentSpanId", ""),
        "SpanName": span["name"],
        "SpanKind": _KINDS[span.get("kind", 0)],
        "SpanAttributes": _attributes(span.get("attributes", ()), schema),
        "Duration": (end_ns - start_ns) % 2**64,
        "StatusCode": _STATUSES[span.get("status", {}).get("code", 0)],
        "Events.Timestamp": [_instant(int(event["timeUnixNano"])) for event in events],
        "Events.Name": [event["name"] for event in events],
        "Events.Attributes": [_attributes(event.get("attributes", ()), schema) for event in events],
        "Links.TraceId": [link["traceId"] for link in links],
        "Links.SpanId": [link["spanId"] for link in links],
        "Links.TraceState": ["" for _ in links],
        "Links.Attributes": [_attributes(link.get("attributes", ()), schema) for link in links],
    }


def _instant(nanoseconds: int) -> str:
    return f"{nanoseconds // 10**9:010d}.{nanoseconds % 10**9:09d}"


def _attributes(pairs: Iterable[Mapping[str, Any]], schema: Schema) -> dict[str, Any]:
    return _texts(pairs) if schema is Schema.MAP else _raw_map(pairs)


def _texts(pairs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {key: text_of(value) for key, value in _raw_map(pairs).items()}


def _raw_map(pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {pair["key"]: _raw(pair.get("value", {})) for pair in pairs}


def _raw(value: Mapping[str, Any]) -> Any:
    kind, held = next(iter(value.items()), ("", None))
    if held is None:
        return None
    if kind == "intValue":
        return int(held)
    if kind == "arrayValue":
        return [_raw(one) for one in held.get("values", ())]
    if kind == "kvlistValue":
        return _raw_map(held.get("values", ()))
    return held


def text_of(value: Any) -> str:
    """Spell a value as `AsString` does."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return _go_json(value)


def _go_json(value: Any) -> str:
    """Spell a value as Go does: keys in order, floats without a needless fraction, no `<`, `>` and `&`."""
    if isinstance(value, float):
        return _go_float(value)
    if isinstance(value, dict):
        pairs = (f"{_go_json(key)}:{_go_json(value[key])}" for key in sorted(value))
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_go_json, value))}]"
    text = json.dumps(value, ensure_ascii=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _go_float(value: float) -> str:
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        plain = f"{Decimal(repr(value)):f}"
        return plain.removesuffix(".0")
    mantissa, exponent = f"{Decimal(repr(value)).normalize():e}".split("e")
    return f"{mantissa}e{int(exponent):+d}"
