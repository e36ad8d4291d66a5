"""`CostSpanProcessor`: the one processor a team adds. Every model call leaves with its cost.

Telemetry never hurts its host: one catch around everything, the span always goes on, what failed is counted.
"""

from __future__ import annotations

import logging
import os
from functools import partial
from time import time_ns
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter

from otel_costing.annotation import ITEM_FORMS
from otel_costing.baggage import trust_inbound
from otel_costing.call_export import CallExport
from otel_costing.counting import Counters
from otel_costing.ending_calls import EndingCalls
from otel_costing.journal import Journal
from otel_costing.local_roots import tell_local_root
from otel_costing.rates import RateBook, default_rates
from otel_costing.receipt import Receipt
from otel_costing.sampler import lets_calls_escape
from otel_costing.span_attributes import (
    EndingSpans,
    add_to_ending,
    adding_works,
    rebuilt,
    replace_on_ended,
)
from otel_costing.started_spans import StartedSpans
from otel_costing.working import IDLE, INNERMOST, Working, innermost, working_in

_log = logging.getLogger(__name__)


class CostSpanProcessor(SpanProcessor):
    """Prices every model call when its span ends, in whatever order it stands among other processors.

    ``provider.add_span_processor(CostSpanProcessor())``, or ``CostSpanProcessor(next_processor)``, which touches public
    API only and passes a rebuilt span on to one processor.

    Args:
        next_processor: gets every span, model calls with their cost.
        rates: the rate book; where omitted, the packaged one under the files that OTEL_COSTING_OVERRIDES names.
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
        Receipt.is_fed = True
        self._next = next_processor
        self._journal = None if journal is None else Journal(journal, sync=sync)
        self._counters = Counters(meter_provider)
        self._export = None if exporter is None else CallExport(exporter, self._counters)
        self._started: StartedSpans[Working] = StartedSpans()
        self._attributes_for = EndingCalls(
            self._started,
            rates=rates or default_rates(),
            counters=self._counters,
            items=items,
            journal=self._journal,
            export=self._export,
            is_before_another=next_processor is not None,
        ).attributes_for
        self._adds = next_processor is None and adding_works()
        self._wraps_end = next_processor is None and not self._adds
        self._looked_at_sampler = False
        self._ending = EndingSpans()
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
        if working is not INNERMOST.get().working or (working is IDLE and self._started.known):
            working = self._work_of(span, parent_context, working)
        if working is not IDLE:
            self._started.remember(span.context.span_id, working)
            tell_local_root(span, working.attributes)
        if self._wraps_end:
            span.end = partial(self._end, span, span.end)  # type: ignore[method-assign]

    def _work_of(self, span: Span, context: Context | None, said: Working) -> Working:
        """Return for whom a span works, of what its context says, its parent works for, and the block around this code says.

        It is the innermost. A root that begins in a context of somebody's choice was set apart: only that counts.
        """
        parent = span.parent
        if parent is None:
            return said if context is not None else innermost(said, None)
        above = self._started.get(parent.span_id)
        if above is not None and above.is_within(said):
            said = above
        return innermost(said, parent)

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
            extra = self._attributes_for(span, end_ns)
            if extra:
                span.set_attributes(extra)
        end(end_ns)

    def _on_ending(self, span: Span) -> None:
        if not self._adds:
            if self._next is not None and (hand_on := getattr(self._next, "_on_ending", None)):
                hand_on(span)
            return
        try:
            self._ending.note(span)
            extra = self._attributes_for(span, span.end_time or time_ns())
            if extra:
                add_to_ending(span, extra)
        except Exception:  # noqa: BLE001 - telemetry never hurts its host
            self._counters.failed("add")

    def on_end(self, span: ReadableSpan) -> None:
        """Pass the span on: with its cost where this processor stands before another, and to the exporter."""
        if self._next is not None:
            span = self._with_cost(span)
            self._next.on_end(span)
        elif self._adds and not self._ending.forget(span):
            self._add_late(span)
        if self._export is not None:
            self._export.export(span)

    def _add_late(self, span: ReadableSpan) -> None:
        """Write on an ended span: a processor around this one does not say that spans are ending."""
        extra = self._attributes_for(span, span.end_time or time_ns())
        try:
            if extra:
                replace_on_ended(span, extra)
        except Exception:  # noqa: BLE001 - telemetry never hurts its host
            self._counters.failed("add")

    def _with_cost(self, span: ReadableSpan) -> ReadableSpan:
        extra = self._attributes_for(span, span.end_time or time_ns())
        try:
            return rebuilt(span, extra) if extra else span
        except Exception:  # noqa: BLE001 - the span goes on as it came
            self._counters.failed("rebuild")
            return span

    def shutdown(self) -> None:
        """Flush and close what this processor opened, and shut down the next."""
        if self._export is not None:
            self._export.shutdown()
        if self._journal is not None:
            self._journal.close()
        if self._next is not None:
            self._next.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Flush the exporter and the next processor; False where either did not finish in time."""
        flushed = self._export is None or self._export.force_flush(timeout_millis)
        return (self._next is None or self._next.force_flush(timeout_millis)) and flushed
