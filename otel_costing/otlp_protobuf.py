"""OTLP traces in protobuf -> spans."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from otel_costing.decoded import (
    ERROR_STATUS,
    MOST_EVENTS,
    Decoded,
    Scope,
    Undecodable,
    keep,
    kind_of,
    links_of,
    refuse_id,
)
from otel_costing.otlp_attributes import pb_attributes, reader_of
from otel_costing.otlp_raw import RawRequest
from otel_costing.spans import READ_EVENTS, Attributes, SpanEvent, SpanRecord

_EVENTS_IN_BYTES = tuple(name.encode() for name in READ_EVENTS)
_NO_TRACE_ID, _NO_SPAN_ID = bytes(16), bytes(8)
# What the constructor of a `NamedTuple` calls, at half its time.
_new = tuple.__new__
_fields_of = attrgetter(
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "kind",
    "start_time_unix_nano",
    "end_time_unix_nano",
    "attributes",
    "status",
    "links",
    "events",
)
_NOT_OTLP = "this is neither OTLP protobuf nor OTLP JSON"


def decode_protobuf(body: bytes) -> Decoded:
    """Read an `ExportTraceServiceRequest`, which is also a `TracesData`, in protobuf.

    Raises:
        Undecodable: the bytes are no such message, or nest too deeply.
    """
    try:
        ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise Undecodable(_NOT_OTLP) from None
    return decode_checked_protobuf(body, None)


def decode_checked_protobuf(body: bytes, names: frozenset[str] | None) -> Decoded:
    """Read a request that was found to be one before.

    Args:
        body: the request.
        names: the attributes of spans to be read, the others are left unread; None for all.

    Raises:
        Undecodable: it is none.
    """
    try:
        return _decoded(RawRequest.FromString(body), reader_of(names))
    except DecodeError:
        raise Undecodable(_NOT_OTLP) from None


def _decoded(request: Any, attributes_of: Callable[[Iterable[bytes]], Attributes]) -> Decoded:
    decoded = Decoded([], [])

    def read(span: Any, scope: Scope) -> SpanRecord:
        return _span(span, scope, attributes_of)

    for resource_spans in request.resource_spans:
        resource = _resource_of(resource_spans.resource)
        for scope_spans in resource_spans.scope_spans:
            scope = Scope(resource, *_scope_of(scope_spans.scope))
            for span in scope_spans.spans:
                keep(decoded, read, span, scope)
    return decoded


def _resource_of(raw: bytes) -> Attributes:
    return pb_attributes(Resource.FromString(raw).attributes)


@lru_cache(maxsize=1024)
def _scope_of(raw: bytes) -> tuple[str, str]:
    scope = InstrumentationScope.FromString(raw)
    return scope.name, scope.version


def _span(
    span: Any, scope: Scope, attributes_of: Callable[[Iterable[bytes]], Attributes]
) -> SpanRecord:
    trace, own, parent, name, kind, start_ns, end_ns, attributes, status, links, events = (
        _fields_of(span)
    )
    if len(trace) != 16 or trace == _NO_TRACE_ID:
        refuse_id("trace id", 32)
    if len(own) != 8 or own == _NO_SPAN_ID:
        refuse_id("span id", 16)
    return _new(
        SpanRecord,
        (
            trace.hex(),
            own.hex(),
            _parent_of(parent) if parent else "",
            name,
            kind_of(kind),
            start_ns,
            end_ns,
            attributes_of(attributes),
            scope.name,
            scope.version,
            scope.resource,
            _has_failed(status) if status else False,
            _links(links) if links else (),
            _events(events) if events else (),
        ),
    )


def _parent_of(parent: bytes) -> str:
    if not parent.strip(b"\0"):
        return ""
    if len(parent) != 8:
        refuse_id("parent span id", 16)
    return parent.hex()


@lru_cache(maxsize=1024)
def _has_failed(raw: bytes) -> bool:
    return bool(Status.FromString(raw).code == ERROR_STATUS)


def _links(raw: Iterable[bytes]) -> tuple[tuple[str, str], ...]:
    links = map(Span.Link.FromString, raw)
    return links_of((link.trace_id.hex(), link.span_id.hex()) for link in links)


def _events(raw: Iterable[bytes]) -> tuple[SpanEvent, ...]:
    likely = (one for one in raw if any(name in one for name in _EVENTS_IN_BYTES))
    return tuple(
        SpanEvent(event.time_unix_nano, pb_attributes(event.attributes), event.name)
        for event in map(Span.Event.FromString, likely)
        if event.name in READ_EVENTS
    )[:MOST_EVENTS]
