"""What a request is about, without what it says: services, scopes, names, ids. Pure."""

from __future__ import annotations

from typing import Any

from otel_costing.decoded import Undecodable
from otel_costing.otlp import decode
from otel_costing.spans import SpanRecord
from otel_costing.usage_events import decoded, record_of
from otel_costing_collector.spool_record import Kind, SpooledRequest

_WITHOUT_SPANS = {Kind.LOGS: "a request of logs", Kind.OUTCOMES: "a request of outcomes"}


def outline_of(request: SpooledRequest, *, attributes: bool = False) -> dict[str, Any]:
    """Return its spans by ids and names as a document for JSON; `spans` is null where nothing can be read.

    Args:
        request: as it was received.
        attributes: whether to quote what the spans say, which may be what a person wrote.
    """
    if request.kind in _WITHOUT_SPANS:
        return {"spans": None, "unread": _WITHOUT_SPANS[request.kind]}
    try:
        is_usage = request.kind is Kind.USAGE
        spans = _events(request.body) if is_usage else _spans(request.body, attributes=attributes)
    except Undecodable as undecodable:
        return {"spans": None, "unread": str(undecodable)}
    return {"spans": spans, "unread": None}


def _spans(body: bytes, *, attributes: bool) -> list[dict[str, Any]]:
    return [_span(one, attributes=attributes) for one in decode(body).spans]


def _events(body: bytes) -> list[dict[str, Any]]:
    """Return usage events as the spans that they stand for."""
    return [
        {"request_id": one.request_id, **_span(record_of(one), attributes=False)}
        for one in decoded(body)
    ]


def _span(record: SpanRecord, *, attributes: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "parent_span_id": record.parent_span_id or None,
        "name": record.name,
        "service": record.service or None,
        "scope": record.scope_name or None,
        # Not as instants: what lies here may bear times that no calendar has.
        "start_ns": record.start_ns,
        "end_ns": record.end_ns,
    }
    if attributes:
        shown["attributes"] = dict(record.attributes)
        shown["resource"] = dict(record.resource)
    return shown
