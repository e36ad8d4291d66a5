"""OTLP traces in protobuf -> spans."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.decoded import (
    DEEPEST_VALUE,
    ERROR_STATUS,
    MOST_EVENTS,
    Decoded,
    Scope,
    Undecodable,
    id_of,
    keep,
    kind_of,
    links_of,
    parent_of,
)
from otel_costing.semconv import EVALUATION_RESULT
from otel_costing.spans import Attributes, SpanEvent, SpanRecord


def decode_protobuf(body: bytes) -> Decoded:
    """Read an `ExportTraceServiceRequest`, which is also a `TracesData`, in protobuf.

    Raises:
        Undecodable: the bytes are no such message, or nest too deeply.
    """
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise Undecodable("this is neither OTLP protobuf nor OTLP JSON") from None
    decoded = Decoded([], [])
    for resource_spans in request.resource_spans:
        resource = pb_attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = Scope(resource, scope_spans.scope.name, scope_spans.scope.version)
            for span in scope_spans.spans:
                keep(decoded, _pb_span, span, scope)
    return decoded


def _pb_span(span: Any, scope: Scope) -> SpanRecord:
    return SpanRecord(
        trace_id=id_of(span.trace_id.hex(), 32, "trace id"),
        span_id=id_of(span.span_id.hex(), 16, "span id"),
        parent_span_id=parent_of(span.parent_span_id.hex()),
        name=span.name,
        kind=kind_of(span.kind),
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=pb_attributes(span.attributes),
        scope_name=scope.name,
        scope_version=scope.version,
        resource=scope.resource,
        failed=span.status.code == ERROR_STATUS,
        links=links_of((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        evaluation_events=_evaluation_events(span.events) if span.events else (),
    )


def _evaluation_events(events: Any) -> tuple[SpanEvent, ...]:
    return tuple(
        SpanEvent(event.time_unix_nano, pb_attributes(event.attributes))
        for event in events
        if event.name == EVALUATION_RESULT
    )[:MOST_EVENTS]


def pb_attributes(pairs: Any) -> Attributes:
    """Return attributes by key; what has no value, or one of an unknown kind, is left out."""
    attributes = {}
    for pair in pairs:
        value = _pb_value(pair.value, DEEPEST_VALUE)
        if value is not None:
            attributes[pair.key] = value
    return attributes


def _pb_value(value: Any, depth: int) -> Any:
    held = value.WhichOneof("value")
    if held == "string_value":
        return value.string_value
    if held in {"int_value", "double_value", "bool_value"}:
        return getattr(value, held)
    if held == "array_value" and depth:
        return tuple(_pb_value(one, depth - 1) for one in value.array_value.values)
    if held == "kvlist_value" and depth:
        return {one.key: _pb_value(one.value, depth - 1) for one in value.kvlist_value.values}
    return None
