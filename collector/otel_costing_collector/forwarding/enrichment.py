"""A request as it was accepted -> as it is sent on: model calls with what they cost and who caused them. Pure.

What a span gets is what `CostSpanProcessor` would have added in the application, by the same functions, but the figure
of the semantic conventions: that one is written in applications only. What a span says otherwise stays; a span that an
application has priced stays as it is. Spans are compared within their request alone, so that the same request is sent
on the same whenever it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing import semconv
from otel_costing.annotation import annotation_of, duplicate_of, fitted
from otel_costing.attribution import said_by
from otel_costing.caused_by import lacking
from otel_costing.cost import PricedCall
from otel_costing.decoded import ERROR_STATUS
from otel_costing.dialects import SIGNALS
from otel_costing.examined import book_for
from otel_costing.otlp_attributes import pb_attributes
from otel_costing.pricing import price_span
from otel_costing.recent_calls import RecentCalls, Sighting
from otel_costing.spans import Attributes
from otel_costing.tally import Tally
from otel_costing.usage import FAILED_CALL, NotBillable
from otel_costing_collector.contents import has_bad_ids
from otel_costing_collector.forwarding.from_json import logs_from_json, traces_from_json
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool_record import Encoding, Kind, SpooledRequest

_MOST_ATTRIBUTES = 128
"""OpenTelemetry's own default. Beyond it only total, status and rate are added; on the way here nothing is evicted."""
_ESSENTIALS = 3


class _Call(NamedTuple):
    """A span that may be a model call, and what stands around it."""

    span: Any
    scope: Any
    attributes: Attributes
    said_there: Mapping[str, str]
    """Who caused it, as far as its resource says."""


def sent_on(request: SpooledRequest, books: PricingBooks) -> bytes:
    """Return the protobuf that is sent on; the bytes as received where nothing is to be added to them.

    Spans that were rejected are not in it. Empty where nothing is left.
    """
    if request.kind is Kind.LOGS:
        is_json = request.encoding is Encoding.JSON
        return logs_from_json(request.body).SerializeToString() if is_json else request.body
    if request.encoding is Encoding.JSON:
        message, is_changed = traces_from_json(request.body), True
    else:
        message, is_changed = ExportTraceServiceRequest.FromString(request.body), False
    is_changed |= _leave_out_rejected(message)
    is_changed |= _enrich(message, request.received_ns, books)
    return message.SerializeToString() if is_changed else request.body


def _leave_out_rejected(message: ExportTraceServiceRequest) -> bool:
    found = False
    for resource_spans in message.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            if any(map(has_bad_ids, scope_spans.spans)):
                kept = [span for span in scope_spans.spans if not has_bad_ids(span)]
                del scope_spans.spans[:]
                scope_spans.spans.extend(kept)
                found = True
    return found


def _enrich(message: ExportTraceServiceRequest, received_ns: int, books: PricingBooks) -> bool:
    """Add to the model calls, in the order in which they ended; tell whether there was any."""
    recent = RecentCalls()
    is_changed = False
    for call in sorted(_calls(message), key=lambda one: one.span.end_time_unix_nano):
        added = _added_to(call, recent, received_ns, books)
        _put_on(call.span, added)
        is_changed |= bool(added)
    return is_changed


def _put_on(span: Any, added: Mapping[str, str]) -> None:
    """Add attributes; of our own names, one that a span without a status has gives way, so that none stands twice."""
    if any(pair.key in added for pair in span.attributes):
        kept = [pair for pair in span.attributes if pair.key not in added]
        del span.attributes[:]
        span.attributes.extend(kept)
    for name, text in added.items():
        span.attributes.add(key=name).value.string_value = text


def _calls(message: ExportTraceServiceRequest) -> Iterator[_Call]:
    for resource_spans in message.resource_spans:
        said_there = said_by(pb_attributes(resource_spans.resource.attributes))
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                names = {pair.key for pair in span.attributes}
                if not SIGNALS.isdisjoint(names) and semconv.STATUS not in names:
                    attributes = pb_attributes(span.attributes)
                    yield _Call(span, scope_spans.scope, attributes, said_there)


def _added_to(
    call: _Call, recent: RecentCalls, received_ns: int, books: PricingBooks
) -> dict[str, str]:
    span, attributes = call.span, call.attributes
    priced = price_span(
        attributes,
        scope_name=call.scope.name,
        scope_version=call.scope.version,
        name=span.name,
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
        failed=span.status.code == ERROR_STATUS,
        received_at=received_ns,
        rates=book_for(attributes, books.current, books.by_digest),
    )
    if isinstance(priced, NotBillable):
        said = lacking(attributes, call.said_there) if priced is FAILED_CALL else {}
    else:
        said = _figures(call, priced, recent) | lacking(attributes, call.said_there)
    most = max(_MOST_ATTRIBUTES, len(attributes) + _ESSENTIALS)
    return fitted(said, attributes, most, None)


def _figures(call: _Call, priced: PricedCall, recent: RecentCalls) -> dict[str, str]:
    repeat = recent.repeats(_sighting(call, priced))
    if repeat is not None:
        if not repeat.tally.lacks(priced):
            return duplicate_of(repeat.reason)
        repeat.tally.take(priced, None)
    added = annotation_of(priced, call.attributes)
    return {name: value for name, value in added.items() if name.startswith(semconv.PREFIX)}


def _sighting(call: _Call, priced: PricedCall) -> Sighting:
    span = call.span
    return Sighting(
        priced.call,
        call.scope.name,
        int.from_bytes(span.trace_id),
        int.from_bytes(span.span_id),
        int.from_bytes(span.parent_span_id),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        Tally(priced),
    )
