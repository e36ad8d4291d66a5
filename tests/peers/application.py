"""An application whose model calls go out by a real exporter, which notes what was acknowledged."""

from __future__ import annotations

import threading
from decimal import Decimal
from types import TracebackType
from typing import Self

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.peers.booked import SpanKey

CALLS_A_TRACE = 5
CALL_USD = Decimal("0.0045")
_TRIES = 5
"""Each of which the exporter makes a few of."""
_CALL: dict[str, str | int] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 200,
}


def one_trace(padding: str = "") -> list[ReadableSpan]:
    """Return a question and the model calls that answer it."""
    ended = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(ended))
    tracer = provider.get_tracer("acme")
    with tracer.start_as_current_span("answer a question", attributes={"padding": padding}):
        for _ in range(CALLS_A_TRACE):
            tracer.start_span("chat gpt-4o", attributes=_CALL).end()
    return list(ended.get_finished_spans())


def key_of(span: ReadableSpan) -> SpanKey:
    """Return a span's ids."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


class Application:
    """One. In a `with` block it sends all the time, until the block ends."""

    def __init__(self, exporter: SpanExporter, padding: str = "") -> None:
        """Let it send by an exporter; each trace is this much larger."""
        self._exporter = exporter
        self._padding = padding
        self.acknowledged: list[SpanKey] = []
        self.calls: list[SpanKey] = []
        """The model calls among them."""
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._send_on)

    def send(self, traces: int) -> None:
        """Send some traces, each in a request of its own, until they are acknowledged."""
        for _ in range(traces):
            trace = one_trace(self._padding)
            self._until_acknowledged(trace)
            *calls, question = (key_of(span) for span in trace)
            self.acknowledged += [*calls, question]
            self.calls += calls

    def _until_acknowledged(self, trace: list[ReadableSpan]) -> None:
        for _ in range(_TRIES):
            if self._exporter.export(trace) is SpanExportResult.SUCCESS:
                return
        raise AssertionError("nobody acknowledged it")

    def _send_on(self) -> None:
        while not self._enough.is_set():
            self.send(1)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._enough.set()
        self._thread.join()
