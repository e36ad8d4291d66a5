"""What a span gets when it ends: its call is priced, counted once and written to the journal."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import time_ns
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from otel_costing import semconv
from otel_costing.annotation import annotation_of, duplicate_of, fitted
from otel_costing.call_export import CallExport
from otel_costing.caused_by import Causes
from otel_costing.cost import PricedCall
from otel_costing.counting import Counters
from otel_costing.dialects import SIGNALS
from otel_costing.journal import Journal
from otel_costing.local_roots import LOCAL_ROOTS
from otel_costing.pricing import price_span
from otel_costing.rates import RateBook
from otel_costing.readable import record_of
from otel_costing.receipt import Receipt
from otel_costing.recent_calls import RecentCalls, Repeat, Sighting
from otel_costing.span_attributes import limits_of, plain
from otel_costing.started_spans import StartedSpans
from otel_costing.tally import CountedSpans, Tally
from otel_costing.usage import FAILED_CALL, NotBillable
from otel_costing.working import IDLE, Working

_log = logging.getLogger(__name__)
_NOTHING: Mapping[str, Any] = {}
_COUNTED = CountedSpans()
# What the constructor of a `NamedTuple` calls, at half its time.
_new = tuple.__new__


class EndingCalls:
    """Prices the calls of one processor.

    Args:
        started: for whom open spans work; a span may end in another context.
        rates: the rate book.
        counters: get every call and every failure.
        items: how line items are spelled, see `annotation_of`.
        journal: gets every call that is not a copy of another.
        export: is told of calls whose spans have no room for a mark.
        is_before_another: the processor passes copies on, so that others do not see the marks it leaves.
    """

    def __init__(
        self,
        started: StartedSpans[Working],
        *,
        rates: RateBook,
        counters: Counters,
        items: str,
        journal: Journal | None,
        export: CallExport | None,
        is_before_another: bool,
    ) -> None:
        self._rates = rates
        self._counters = counters
        self._items = items
        self._journal = journal
        self._export = export
        self._is_before_another = is_before_another
        self._recent = RecentCalls()
        self._started = started
        self._causes = Causes()

    def attributes_for(self, span: ReadableSpan, end_ns: int) -> Mapping[str, Any]:
        """Return what a span gets; nothing where pricing fails, which is counted and costs nobody a span."""
        try:
            attributes = plain(span)
            span_id = span.context.span_id
            working = (self._started.forget(span_id) if self._started.known else None) or IDLE
            take = LOCAL_ROOTS.get if self._is_before_another else LOCAL_ROOTS.forget
            told = (take(span_id) if LOCAL_ROOTS.known else None) or _NOTHING
            if SIGNALS.isdisjoint(attributes):
                return _unsaid(told, span, attributes) if told else _NOTHING
            if told:
                working = working._replace(attributes={**told, **working.attributes})
            if semconv.STATUS in attributes:
                self._witness(span, attributes, end_ns)
                return _NOTHING
            extra = self._priced(span, attributes, working, end_ns)
            return extra or (_unsaid(told, span, attributes) if told else _NOTHING)
        except Exception:  # noqa: BLE001 - a pricing bug costs a number, never the span
            self._counters.failed("price")
            return _NOTHING

    def _witness(self, span: ReadableSpan, attributes: dict[str, Any], end_ns: int) -> None:
        """Record a call that another processor has priced and counted: it may keep no journal, or another one."""
        if self._journal is not None and attributes[semconv.STATUS] != "duplicate":
            self._write(span, attributes, end_ns)

    def _priced(
        self, span: ReadableSpan, attributes: dict[str, Any], working: Working, end_ns: int
    ) -> Mapping[str, Any]:
        scope = span.instrumentation_scope
        scope_name = scope.name if scope else ""
        priced = price_span(
            attributes,
            scope_name=scope_name,
            scope_version=(scope.version or "") if scope else "",
            name=span.name,
            start_time=span.start_time or end_ns,
            end_time=end_ns,
            failed=span.status.status_code is StatusCode.ERROR,
            received_at=time_ns(),
            rates=self._rates,
        )
        if priced is FAILED_CALL:
            return _fitted(self._causes.of(span, attributes, working.attributes), span, attributes)
        if isinstance(priced, NotBillable):
            return _NOTHING
        seen = _sighting(span, priced, working, scope_name, end_ns)
        repeat = self._recent.repeats(seen)
        is_copy = repeat is not None and not repeat.tally.lacks(priced)
        if repeat is not None and is_copy:
            added = duplicate_of(repeat.reason)
        else:
            added = annotation_of(priced, attributes, items=self._items)
        added.update(self._causes.of(span, attributes, working.attributes))
        added = _fitted(added, span, attributes)
        is_marked = semconv.STATUS in added
        shows_it = is_marked and not self._is_before_another
        # Unless another processor has counted this span.
        if shows_it or _COUNTED.first(seen.trace_id, seen.span_id):
            self._count(priced, working.receipt, repeat)
        elif repeat is not None:
            repeat.tally.take(priced, None)
        if is_copy:
            return added
        if self._export is not None and not is_marked:
            self._export.expect(seen.span_id)
        if self._journal is not None:
            self._write(span, {**attributes, **added}, end_ns)
        return added

    def _count(self, priced: PricedCall, receipt: Receipt | None, repeat: Repeat | None) -> None:
        """Count a call, or what another account adds to it."""
        if repeat is None:
            if receipt is not None:
                receipt.add(priced)
            self._counters.counted(priced)
            return
        if repeat.tally.lacks(priced):
            self._counters.priced_late(priced)
        repeat.tally.take(priced, receipt)

    def _write(self, span: ReadableSpan, attributes: dict[str, Any], end_ns: int) -> None:
        try:
            self._journal.append(record_of(span, attributes=attributes, end_ns=end_ns))  # type: ignore[union-attr]
        except (OSError, ValueError) as error:
            self._counters.failed("journal")
            if self._counters.first("journal"):
                _log.warning(
                    "The journal cannot be written (%s); spans go on, calls are missing there.",
                    error,
                )


def _unsaid(
    told: Mapping[str, str], span: ReadableSpan, attributes: dict[str, Any]
) -> Mapping[str, Any]:
    """Return what the work says of itself and its first span does not, where it fits."""
    fresh = {name: value for name, value in told.items() if name not in attributes}
    return _fitted(fresh, span, attributes)


def _fitted(
    added: dict[str, Any], span: ReadableSpan, attributes: dict[str, Any]
) -> dict[str, Any]:
    return fitted(added, attributes, *limits_of(span))


def _sighting(
    span: ReadableSpan, priced: PricedCall, working: Working, scope_name: str, end_ns: int
) -> Sighting:
    context, parent = span.context, span.parent
    return _new(
        Sighting,
        (
            priced.call,
            scope_name,
            context.trace_id,
            context.span_id,
            parent.span_id if parent else 0,
            span.start_time or end_ns,
            end_ns,
            Tally(priced, working.receipt),
        ),
    )
