"""`CostSpanProcessor`: the one processor a team adds. Every model call leaves with its cost.

Telemetry never hurts its host: one catch around everything, the span always goes on, what failed is counted.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import partial
from time import time_ns
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import StatusCode

from otel_costing import semconv
from otel_costing.annotation import ITEM_FORMS, annotation_of, duplicate_of, fitted
from otel_costing.attribution import ATTRIBUTE_OF, said_by, said_on
from otel_costing.baggage import trust_inbound
from otel_costing.counting import Counters
from otel_costing.dialects import SIGNALS
from otel_costing.journal import Journal
from otel_costing.pricing import price_span
from otel_costing.rates import RateBook, default_rates
from otel_costing.readable import record_of
from otel_costing.recent_calls import CountedSpans, RecentCalls, Sighting
from otel_costing.sampler import lets_calls_escape
from otel_costing.span_attributes import (
    add_to_ending,
    adding_works,
    limits_of,
    plain,
    rebuilt,
)
from otel_costing.started_spans import StartedSpans
from otel_costing.usage import FAILED_CALL, Call, NotBillable
from otel_costing.working import IDLE, LOCAL_ROOTS, Working, tell_local_root, working_in

_log = logging.getLogger(__name__)
_NOTHING: Mapping[str, Any] = {}
_COUNTED = CountedSpans()


class CostSpanProcessor(SpanProcessor):
    """Prices every model call when its span ends, in whatever order it stands among other processors.

    ``provider.add_span_processor(CostSpanProcessor())``, or ``CostSpanProcessor(next_processor)``, which touches public
    API only and passes a rebuilt span on to one processor.

    Args:
        next_processor: gets every span, model calls with their cost.
        rates: the rate book; the packaged one where omitted.
        journal: a directory; each priced call is appended to a file there before its span ends.
        sync: wait until the journal is on the disk.
        exporter: gets every priced model call, also those that the sampler leaves out (see `CostSampler`).
        items: `json`, or `attributes` for a pair of attributes per meter.
        trust_baggage: believe what callers say of the origin; for the whole process (docs/attribution.md). False leaves
            it to OTEL_COSTING_TRUST_BAGGAGE.
        meter_provider: for `otel_costing.calls`, `otel_costing.usd` and `otel_costing.failures`.

    Raises:
        ValueError: `items` is neither.
        OSError: the journal's directory cannot be made.
    """

    def __init__(
        self,
        next_processor: SpanProcessor | None = None,
        *,
        rates: RateBook | None = None,
        journal: str | os.PathLike[str] | None = None,
        sync: bool = False,
        exporter: SpanExporter | None = None,
        items: str = "json",
        trust_baggage: bool = False,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        if items not in ITEM_FORMS:
            raise ValueError(f"items is one of {', '.join(ITEM_FORMS)}, not {items!r}")
        self._next = next_processor
        self._rates = rates or default_rates()
        self._journal = None if journal is None else Journal(journal, sync=sync)
        self._export = None if exporter is None else BatchSpanProcessor(exporter)
        self._items = items
        self._counters = Counters(meter_provider)
        self._recent = RecentCalls()
        self._started: StartedSpans[Working] = StartedSpans()
        self._unmarked: StartedSpans[bool] = StartedSpans(most=4096)
        self._adds = next_processor is None and adding_works()
        self._wraps_end = next_processor is None and not self._adds
        self._looked_at_sampler = False
        self._resource: object = None
        self._said_by_resource: dict[str, str] = {}
        if trust_baggage:
            trust_inbound(trusted=True)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Remember for whom the span works; it may end in another context."""
        try:
            self._begin(span, parent_context)
        except Exception:  # noqa: BLE001 - telemetry never hurts its host
            self._counters.failed("start")
        if self._next is not None:
            self._next.on_start(span, parent_context)

    def _begin(self, span: Span, parent_context: Context | None) -> None:
        if not self._looked_at_sampler:
            self._look_at_sampler()
        working = working_in(parent_context)
        if working is not IDLE:
            self._started.remember(span.context.span_id, working)
            tell_local_root(span, working.attributes)
        if self._wraps_end:
            span.end = partial(self._end, span, span.end)  # type: ignore[method-assign]

    def _look_at_sampler(self) -> None:
        """Warn once where calls can escape: processors never see what a sampler drops."""
        self._looked_at_sampler = True
        sampler = getattr(trace.get_tracer_provider(), "sampler", None)
        if sampler is not None and lets_calls_escape(sampler):
            _log.warning(
                "The sampler %s drops model calls before they can be priced; wrap it in otel_costing.CostSampler.",
                sampler.get_description(),
            )

    def _end(self, span: Span, end: Any, end_time: int | None = None) -> None:
        """Stand in for `span.end` where only a live span can be written to."""
        end_ns = time_ns() if end_time is None else end_time
        if span.is_recording():
            extra = self._extra(span, end_ns)
            if extra:
                span.set_attributes(extra)
        end(end_ns)

    def _on_ending(self, span: Span) -> None:
        if self._adds:
            extra = self._extra(span, span.end_time or time_ns())
            if extra:
                add_to_ending(span, extra)

    def on_end(self, span: ReadableSpan) -> None:
        """Pass the span on: with its cost where this processor stands before another, and to the exporter."""
        if self._next is not None:
            span = self._with_cost(span)
            self._next.on_end(span)
        if self._export is not None:
            self._export_call(span, self._export)

    def _with_cost(self, span: ReadableSpan) -> ReadableSpan:
        extra = self._extra(span, span.end_time or time_ns())
        try:
            return rebuilt(span, extra) if extra else span
        except Exception:  # noqa: BLE001 - the span goes on as it came
            self._counters.failed("rebuild")
            return span

    def _export_call(self, span: ReadableSpan, export: SpanProcessor) -> None:
        try:
            if self._unmarked.forget(span.context.span_id) or semconv.STATUS in plain(span):
                export.on_end(rebuilt(span, _NOTHING, sampled=True))
        except Exception:  # noqa: BLE001 - telemetry never hurts its host
            self._counters.failed("export")

    def _extra(self, span: ReadableSpan, end_ns: int) -> Mapping[str, Any]:
        """Return what a span gets; nothing where pricing fails, which is counted and costs nobody a span."""
        try:
            attributes = plain(span)
            span_id = span.context.span_id
            working = (self._started.forget(span_id) if self._started else None) or IDLE
            take = LOCAL_ROOTS.forget if self._next is None else LOCAL_ROOTS.get
            told = (take(span_id) if LOCAL_ROOTS else None) or _NOTHING
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
            name=span.name,
            start_time=span.start_time or end_ns,
            end_time=end_ns,
            failed=span.status.status_code is StatusCode.ERROR,
            received_at=time_ns(),
            rates=self._rates,
        )
        if priced is FAILED_CALL:
            return _fitted(self._caused_by(span, attributes, working), span, attributes)
        if isinstance(priced, NotBillable):
            return _NOTHING
        seen = _sighting(span, priced.call, scope_name, end_ns)
        repeats = self._recent.repeats(seen)
        if repeats is not None:
            said = self._caused_by(span, attributes, working)
            return _fitted({**duplicate_of(repeats), **said}, span, attributes)
        added = annotation_of(priced, attributes, items=self._items)
        added.update(self._caused_by(span, attributes, working))
        added = _fitted(added, span, attributes)
        is_marked = semconv.STATUS in added
        if self._export is not None and not is_marked:
            self._unmarked.remember(seen.span_id, known=True)
        if (self._next is None and is_marked) or _COUNTED.first(seen.trace_id, seen.span_id):
            if working.receipt is not None:
                working.receipt.add(priced)
            self._counters.counted(priced)
        if self._journal is not None:
            self._write(span, {**attributes, **added}, end_ns)
        return added

    def _caused_by(
        self, span: ReadableSpan, attributes: dict[str, Any], working: Working
    ) -> dict[str, str]:
        """Return who caused the call by our own names, whatever name said so: span, context, then resource."""
        if span.resource is not self._resource:
            self._resource, self._said_by_resource = (
                span.resource,
                said_by(span.resource.attributes),
            )
        known = {**working.attributes, **attributes} if working.attributes else attributes
        said = self._said_by_resource | said_on(known)
        if "origin_source" in said and said["origin_source"] == "root" and "team" in said:
            said.setdefault("origin_team", said["team"])
        return {
            name: value
            for field, value in said.items()
            if (name := ATTRIBUTE_OF[field]) not in attributes
        }

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

    def shutdown(self) -> None:
        """Flush and close what this processor opened, and shut down the next."""
        if self._export is not None:
            self._export.shutdown()  # type: ignore[no-untyped-call]
        if self._journal is not None:
            self._journal.close()
        if self._next is not None:
            self._next.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Flush the exporter and the next processor; False where either did not finish in time."""
        flushed = self._export is None or self._export.force_flush(timeout_millis)
        return (self._next is None or self._next.force_flush(timeout_millis)) and flushed


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


def _sighting(span: ReadableSpan, call: Call, scope_name: str, end_ns: int) -> Sighting:
    context, parent = span.context, span.parent
    parent_id = parent.span_id if parent else 0
    start_ns = span.start_time or end_ns
    return Sighting(
        call, scope_name, context.trace_id, context.span_id, parent_id, start_ns, end_ns
    )
