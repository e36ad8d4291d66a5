"""The SDK's finished span -> SpanRecord, without copying what need not be copied."""

from __future__ import annotations

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from otel_costing.spans import READ_EVENTS, Attributes, SpanEvent, SpanRecord

_KINDS = {
    SpanKind.INTERNAL: "internal",
    SpanKind.SERVER: "server",
    SpanKind.CLIENT: "client",
    SpanKind.PRODUCER: "producer",
    SpanKind.CONSUMER: "consumer",
}
_NO_ATTRIBUTES: Attributes = {}


def record_of(
    span: ReadableSpan, *, attributes: Attributes | None = None, end_ns: int | None = None
) -> SpanRecord:
    """Return `span` as every door hands it over.

    Args:
        span: a finished span.
        attributes: instead of its own.
        end_ns: when a span that is about to end will have ended.

    Raises:
        ValueError: the span has no context, or it has not ended.
    """
    context = span.context
    ended_ns = span.end_time if end_ns is None else end_ns
    if context is None or ended_ns is None:
        raise ValueError("only a span that has a context and has ended can be recorded")
    scope = span.instrumentation_scope
    return SpanRecord(
        trace_id=format_trace_id(context.trace_id),
        span_id=format_span_id(context.span_id),
        parent_span_id=format_span_id(span.parent.span_id) if span.parent else "",
        name=span.name,
        kind=_KINDS[span.kind],
        start_ns=span.start_time or ended_ns,
        end_ns=ended_ns,
        attributes=attributes or span.attributes or _NO_ATTRIBUTES,
        scope_name=scope.name if scope else "",
        scope_version=(scope.version or "") if scope else "",
        resource=span.resource.attributes,
        failed=span.status.status_code is StatusCode.ERROR,
        links=tuple(
            (format_trace_id(link.context.trace_id), format_span_id(link.context.span_id))
            for link in span.links
        ),
        events=tuple(
            SpanEvent(event.timestamp, event.attributes or _NO_ATTRIBUTES, event.name)
            for event in span.events
            if event.name in READ_EVENTS
        ),
    )
