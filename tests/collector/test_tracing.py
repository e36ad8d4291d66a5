"""The collector's own spans: of each batch with calls, without what went wrong in words, and never of themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once

from otel_costing.batch import batch_of
from otel_costing.clickhouse.store import Booked
from otel_costing.otlp import decode
from otel_costing.rates import packaged_rates
from otel_costing_collector import tracing
from tests.collector.bench import Bench, calls


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """A provider as an operator configures one; OpenTelemetry lets it be set once in a process."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


def test_each_attempt_at_a_batch_is_a_span_with_its_counts(
    bench: Bench, exported: InMemorySpanExporter
) -> None:
    bench.ledger.outages = 1
    bench.put(calls(1, 2))
    bench.begin()
    bench.until_empty()

    failed, done = exported.get_finished_spans()
    assert failed.name == done.name == "book batch"
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "StoreUnavailable"
    assert (failed.status.status_code.name, failed.status.description) == ("ERROR", None)
    assert failed.events == ()
    assert done.attributes is not None
    said = {name: done.attributes[f"otel_costing.batch.{name}"] for name in _COUNTS}
    assert said == {"calls": 2, "spans": 2, "booked": 2, "duplicates": 0, "conflicts": 0}


_COUNTS = ("calls", "spans", "booked", "duplicates", "conflicts")


def test_its_own_spans_make_no_further_ones(bench: Bench, exported: InMemorySpanExporter) -> None:
    bench.put(calls(1))
    bench.begin()
    bench.until_empty()
    own = exported.get_finished_spans()
    exported.clear()
    bench.put(encode_spans(own).SerializeToString())
    bench.until_empty()

    assert bench.ask("SELECT count() FROM spans WHERE name = 'book batch'") == [(1,)]
    assert exported.get_finished_spans() == ()


def test_without_a_provider_nothing_is_recorded() -> None:
    records = decode(calls(1)).spans
    batch = batch_of(records, packaged_rates(), time.time_ns())

    with tracing.booking(batch) as span:
        tracing.note(span, Booked(1, 0, 0, 1))
        assert not span.is_recording()
