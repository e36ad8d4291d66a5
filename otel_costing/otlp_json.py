"""OTLP traces in JSON -> spans. Any JSON value may stand anywhere; none may do harm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_costing.decoded import (
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
from otel_costing.json_values import (
    Shape,
    attributes_in,
    each_in,
    either,
    id_in,
    json_of,
    object_in,
    objects_in,
    text_in,
    time_in,
)
from otel_costing.spans import READ_EVENTS, SpanEvent, SpanRecord

_SPANS = Shape(
    ("resourceSpans", "resource_spans"), ("scopeSpans", "scope_spans"), ("spans", "spans")
)


def decode_json(body: bytes | str) -> Decoded:
    """Read one JSON request, or a JSON list of them.

    Raises:
        Undecodable: this is no JSON, or JSON of another shape.
    """
    value = json_of(body)
    decoded = Decoded([], [])
    for request in value if isinstance(value, list) else [value]:
        if not isinstance(request, dict) or either(request, *_SPANS.resources) is None:
            raise Undecodable("this JSON has no `resourceSpans`, so it is no OTLP traces request")
        for span, scope in each_in(request, _SPANS):
            keep(decoded, _json_span, span, scope)
    return decoded


def _json_span(span: Mapping[str, Any], scope: Scope) -> SpanRecord:
    return SpanRecord(
        trace_id=id_of(id_in(either(span, "traceId", "trace_id"), 32), 32, "trace id"),
        span_id=id_of(id_in(either(span, "spanId", "span_id"), 16), 16, "span id"),
        parent_span_id=parent_of(id_in(either(span, "parentSpanId", "parent_span_id"), 16)),
        name=text_in(span.get("name")),
        kind=kind_of(span.get("kind")),
        start_ns=time_in(either(span, "startTimeUnixNano", "start_time_unix_nano")),
        end_ns=time_in(either(span, "endTimeUnixNano", "end_time_unix_nano")),
        attributes=attributes_in(span.get("attributes")),
        scope_name=scope.name,
        scope_version=scope.version,
        resource=scope.resource,
        failed=object_in(span.get("status")).get("code") in (ERROR_STATUS, "STATUS_CODE_ERROR"),
        links=links_of(
            (
                id_in(either(link, "traceId", "trace_id"), 32),
                id_in(either(link, "spanId", "span_id"), 16),
            )
            for link in objects_in(span.get("links"), "links")
        ),
        events=_events(span["events"]) if span.get("events") else (),
    )


def _events(events: Any) -> tuple[SpanEvent, ...]:
    return tuple(
        SpanEvent(
            time_in(either(event, "timeUnixNano", "time_unix_nano") or 0),
            attributes_in(event.get("attributes")),
            event["name"],
        )
        for event in objects_in(events, "events")
        if event.get("name") in READ_EVENTS
    )[:MOST_EVENTS]
