"""What an application tells its test: the receipts, the spans as OTLP, and which packages ran."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import metadata
from pathlib import Path

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_costing import receipt
from tests.live.app.guard import attempts
from tests.live.scenarios import ALONE


class Told:
    """Collects what was said in each scenario, in a directory: SCENARIO.otlp and told.json."""

    def __init__(self, into: Path) -> None:
        self._into = into
        self._spans = InMemorySpanExporter()
        self._receipts: dict[str, dict[str, object]] = {}
        self.processor = SimpleSpanProcessor(self._spans)

    @contextmanager
    def scenario(self, name: str) -> Iterator[None]:
        """Keep what happens in the block, under one span of the application's own; failures are told too."""
        failure = None
        with receipt() as so_far, _span_around(name):
            try:
                yield
            except Exception as error:  # noqa: BLE001 - the test judges it
                failure = f"{type(error).__name__}: {error}"
        (self._into / f"{name}.otlp").write_bytes(
            encode_spans(self._spans.get_finished_spans()).SerializeToString()
        )
        self._spans.clear()
        self._receipts[name] = {
            "total_usd": str(so_far.total_usd),
            "calls": so_far.calls,
            "unpriced": so_far.unpriced,
            "failure": failure,
        }

    def close(self) -> None:
        """Write the rest."""
        installed = {each.name: each.version for each in metadata.distributions()}
        told = {"receipts": self._receipts, "attempts": attempts, "installed": installed}
        (self._into / "told.json").write_text(json.dumps(told), encoding="utf-8")


def _span_around(scenario: str) -> AbstractContextManager[object]:
    if scenario == ALONE:
        return nullcontext()
    return trace.get_tracer("app").start_as_current_span(f"app {scenario}")
