"""Every priced call to an exporter of the team's, also those that the sampler leaves out, and nothing else."""

from __future__ import annotations

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from otel_costing import semconv
from otel_costing.counting import Counters
from otel_costing.span_attributes import plain, rebuilt
from otel_costing.started_spans import StartedSpans


class CallExport:
    """Batches, as the SDK does."""

    def __init__(self, exporter: SpanExporter, counters: Counters) -> None:
        self._batches = BatchSpanProcessor(exporter)
        self._counters = counters
        self._unmarked: StartedSpans[bool] = StartedSpans(most=4096)

    def expect(self, span_id: int) -> None:
        """Take a span that is about to end for a call, though it had no room for a mark."""
        self._unmarked.remember(span_id, known=True)

    def export(self, span: ReadableSpan) -> None:
        """Export an ended span if it is a call; what fails is counted."""
        try:
            if self._unmarked.forget(span.context.span_id) or semconv.STATUS in plain(span):
                self._batches.on_end(rebuilt(span, {}, sampled=True))
        except Exception:  # noqa: BLE001 - telemetry never hurts its host
            self._counters.failed("export")

    def shutdown(self) -> None:
        """Export what is left."""
        self._batches.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int) -> bool:
        """Export what there is; False where that took too long."""
        return self._batches.force_flush(timeout_millis)
