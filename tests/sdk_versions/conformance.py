"""Check, on whatever SDK is on the path, that every form of the processor does what it says; print which way it went.

Run by `test_sdk_versions.py` in a process of its own. Needs the SDK and nothing that tests bring.
"""

from __future__ import annotations

import sys
import threading
from importlib import metadata
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import (
    ConcurrentMultiSpanProcessor,
    SpanLimits,
    SpanProcessor,
    SynchronousMultiSpanProcessor,
    TracerProvider,
)
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from otel_costing import CostSampler, CostSpanProcessor, attribute_to, receipt
from otel_costing.span_attributes import adding_works

CALL: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.usage.input_tokens": 1000,
}
USD = "otel_costing.cost.usd"
ONE = "0.000250000000"


def provider_of(
    *processors: SpanProcessor,
    multi: Any = None,
    sampler: Sampler = ALWAYS_ON,
    limits: SpanLimits | None = None,
) -> TracerProvider:
    """Return a provider with these processors, in this order."""
    provider = TracerProvider(
        sampler=sampler,
        resource=Resource({"service.namespace": "platform"}),
        shutdown_on_exit=False,
        active_span_processor=multi,
        span_limits=limits,
    )
    for processor in processors:
        provider.add_span_processor(processor)
    return provider


def call(provider: TracerProvider, **more: Any) -> None:
    """Make one call, its usage known after its start."""
    with provider.get_tracer("app").start_as_current_span("chat gpt-5-mini") as span:
        span.set_attributes({**CALL, **more})


def same(found: object, wanted: object) -> None:
    """Stop where the two differ."""
    if found != wanted:
        raise SystemExit(f"{found!r} is not {wanted!r}")


def seen(exporter: InMemorySpanExporter) -> list[dict[str, Any]]:
    """Return the attributes of what was exported."""
    return [dict(span.attributes or {}) for span in exporter.get_finished_spans()]


def every_exporter_sees_the_cost_in_any_order() -> None:
    """Before, between and after a simple and a batch processor, one after the other and concurrent."""
    for multi in (SynchronousMultiSpanProcessor, ConcurrentMultiSpanProcessor):
        for place in range(3):
            exporters = InMemorySpanExporter(), InMemorySpanExporter()
            processors: list[SpanProcessor] = [
                SimpleSpanProcessor(exporters[0]),
                BatchSpanProcessor(exporters[1]),
            ]
            processors.insert(place, CostSpanProcessor())
            provider = provider_of(*processors, multi=multi())
            call(provider)
            provider.force_flush()
            provider.shutdown()
            same([span[USD] for each in exporters for span in seen(each)], [ONE, ONE])


def the_wrapped_processor_alone_sees_the_cost() -> None:
    """And the others see the span as it was."""
    inside, beside = InMemorySpanExporter(), InMemorySpanExporter()
    wrapping = CostSpanProcessor(SimpleSpanProcessor(inside))
    call(provider_of(wrapping, SimpleSpanProcessor(beside)))
    same(seen(inside)[0][USD], ONE)
    same(seen(beside), [CALL])


def calls_beyond_the_sample_reach_our_exporter() -> None:
    """And not the team's."""
    own, ours = InMemorySpanExporter(), InMemorySpanExporter()
    processor = CostSpanProcessor(exporter=ours)
    provider = provider_of(processor, SimpleSpanProcessor(own), sampler=CostSampler(ALWAYS_OFF))
    call(provider)
    processor.force_flush()
    provider.shutdown()
    same(seen(own), [])
    same([span[USD] for span in seen(ours)], [ONE])


def none_of_the_teams_attributes_is_evicted() -> None:
    """All, three or nothing is added."""
    for room, added in ((2, 0), (3, 3)):
        exporter = InMemorySpanExporter()
        limits = SpanLimits(max_span_attributes=len(CALL) + room)
        call(provider_of(CostSpanProcessor(), SimpleSpanProcessor(exporter), limits=limits))
        same(CALL.items() <= seen(exporter)[0].items(), True)
        same(len(seen(exporter)[0]) - len(CALL), added)


def a_span_counts_once_and_keeps_who_caused_it_in_any_thread() -> None:
    """Two processors at one provider, and an end in another thread."""
    exporter = InMemorySpanExporter()
    provider = provider_of(CostSpanProcessor(), CostSpanProcessor(), SimpleSpanProcessor(exporter))
    with attribute_to(team="support"), receipt() as so_far:
        span = provider.get_tracer("app").start_span("chat", attributes=CALL)
    ending = threading.Thread(target=span.end)
    ending.start()
    ending.join()
    same((so_far.calls, str(so_far.total_usd)), (1, ONE))
    same(seen(exporter)[0]["otel_costing.team"], "support")


def spans_that_are_no_calls_stay_as_they_are() -> None:
    """In every form."""
    exporter = InMemorySpanExporter()
    provider = provider_of(CostSpanProcessor(), CostSpanProcessor(SimpleSpanProcessor(exporter)))
    provider.get_tracer("app").start_span("GET /", attributes={"http.route": "/"}).end(end_time=7)
    same(seen(exporter), [{"http.route": "/"}])


def main() -> None:
    """Run every check."""
    every_exporter_sees_the_cost_in_any_order()
    the_wrapped_processor_alone_sees_the_cost()
    calls_beyond_the_sample_reach_our_exporter()
    none_of_the_teams_attributes_is_evicted()
    a_span_counts_once_and_keeps_who_caused_it_in_any_thread()
    spans_that_are_no_calls_stay_as_they_are()
    way = "adds while a span is ending" if adding_works() else "wraps end"
    sys.stdout.write(f"opentelemetry-sdk {metadata.version('opentelemetry-sdk')}: {way}\n")


if __name__ == "__main__":
    main()
