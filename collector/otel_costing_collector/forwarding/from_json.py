"""A request in OTLP's JSON -> the same in protobuf, which is what is sent on.

OTLP's JSON differs from protobuf's own in its ids, which are hex. What cannot be said in protobuf is left out as late
as it can be: an attribute, the events and links of a span, the span. Source: opentelemetry-proto
`docs/specification.md`, "JSON Protobuf Encoding".
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_costing.json_values import either, id_in, json_of, objects_in

_Made = TypeVar("_Made", bound=Message)
_IDS = (
    ("traceId", "trace_id", 32),
    ("spanId", "span_id", 16),
    ("parentSpanId", "parent_span_id", 16),
)
_LEFT_OUT = frozenset({"events", "links"})


def traces_from_json(body: bytes) -> ExportTraceServiceRequest:
    """Return a traces request, or a list of them, that was accepted before."""
    request = ExportTraceServiceRequest()
    for resource_spans in _each(json_of(body), "resourceSpans", "resource_spans"):
        made = request.resource_spans.add(schema_url=_schema(resource_spans))
        _fill(made.resource, resource_spans.get("resource"))
        for scope_spans in _each(resource_spans, "scopeSpans", "scope_spans"):
            within = made.scope_spans.add(schema_url=_schema(scope_spans))
            _fill(within.scope, scope_spans.get("scope"))
            within.spans.extend(_items(Span, _each(scope_spans, "spans", "spans")))
    return request


def logs_from_json(body: bytes) -> ExportLogsServiceRequest:
    """Return a logs request that was accepted before."""
    request = ExportLogsServiceRequest()
    for resource_logs in _each(json_of(body), "resourceLogs", "resource_logs"):
        made = request.resource_logs.add(schema_url=_schema(resource_logs))
        _fill(made.resource, resource_logs.get("resource"))
        for scope_logs in _each(resource_logs, "scopeLogs", "scope_logs"):
            within = made.scope_logs.add(schema_url=_schema(scope_logs))
            _fill(within.scope, scope_logs.get("scope"))
            within.log_records.extend(
                _items(LogRecord, _each(scope_logs, "logRecords", "log_records"))
            )
    return request


def _each(value: Any, camel: str, snake: str) -> Iterator[Mapping[str, Any]]:
    for holder in value if isinstance(value, list) else [value]:
        yield from objects_in(either(holder, camel, snake), camel)


def _schema(fields: Mapping[str, Any]) -> str:
    url = either(fields, "schemaUrl", "schema_url")
    return url if isinstance(url, str) and url.isascii() else ""


def _items(kind: Callable[[], _Made], items: Iterator[Mapping[str, Any]]) -> Iterator[_Made]:
    for item in items:
        fields = _with_plain_ids(item)
        fields["links"] = [_with_plain_ids(link) for link in _list_of_objects(item.get("links"))]
        made = _parsed(kind, fields)
        if made is None:
            rest = {name: value for name, value in fields.items() if name not in _LEFT_OUT}
            made = _parsed(kind, _with_plain_attributes(rest))
        if made is not None:
            yield made


def _fill(message: Message, value: Any) -> None:
    """Say of a resource or a scope what can be said, nothing where there is none."""
    if isinstance(value, dict):
        kind = type(message)
        made = _parsed(kind, value) or _parsed(kind, _with_plain_attributes(value))
        message.CopyFrom(made or kind())


def _parsed(kind: Callable[[], _Made], fields: Mapping[str, Any]) -> _Made | None:
    try:
        return ParseDict(dict(fields), kind(), ignore_unknown_fields=True)
    except (ParseError, RecursionError):
        return None


def _with_plain_attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    pairs = _list_of_objects(fields.get("attributes"))
    return {**fields, "attributes": [pair for pair in pairs if _parsed(KeyValue, pair) is not None]}


def _list_of_objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _with_plain_ids(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields whose ids are base64, as protobuf's JSON has them."""
    plain = dict(fields)
    for camel, snake, digits in _IDS:
        spelled = plain.pop(camel, None) or plain.pop(snake, None)
        if spelled is not None:
            plain[camel] = _as_base64(id_in(spelled, digits))
    return plain


def _as_base64(digits: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(digits)).decode()
    except ValueError:
        return ""
