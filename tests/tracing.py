"""Real providers and exporters, and model calls as instrumentations record them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler
from opentelemetry.trace import Span, Tracer

SCOPE = "opentelemetry.instrumentation.genai.openai"
CALL: Mapping[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.response.model": "gpt-5-mini-2025-08-07",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.cache_read.input_tokens": 300,
    "gen_ai.usage.output_tokens": 200,
    "gen_ai.usage.reasoning.output_tokens": 50,
}
"""700 uncached tokens, 300 from the cache, 150 of text, 50 of reasoning."""
CALL_USD = "0.000582500000"
"""700 x 0.25 + 300 x 0.025 + 200 x 2 USD per million."""
NO_CALL: Mapping[str, Any] = {"http.request.method": "GET", "http.route": "/answer"}


def provider_of(
    *processors: SpanProcessor,
    sampler: Sampler = ALWAYS_ON,
    limits: SpanLimits | None = None,
    resource: Mapping[str, str] | None = None,
) -> TracerProvider:
    """Return a provider with these processors, in this order."""
    provider = TracerProvider(
        sampler=sampler,
        span_limits=limits,
        resource=Resource(dict(resource or {})),
        shutdown_on_exit=False,
    )
    for processor in processors:
        provider.add_span_processor(processor)
    return provider


def tracer_of(*processors: SpanProcessor, **options: Any) -> Tracer:
    """Return a tracer of a provider with these processors."""
    return provider_of(*processors, **options).get_tracer(SCOPE)


def exported() -> tuple[SpanProcessor, InMemorySpanExporter]:
    """Return a processor that exports at once, and what it exports to."""
    exporter = InMemorySpanExporter()
    return SimpleSpanProcessor(exporter), exporter


def call(tracer: Tracer, response_id: str = "", more: Mapping[str, Any] | None = None) -> Span:
    """Make a model call: its usage arrives after its start, as it does."""
    span = tracer.start_span("chat gpt-5-mini", attributes={"gen_ai.operation.name": "chat"})
    span.set_attributes({**CALL, **(more or {})})
    if response_id:
        span.set_attribute("gen_ai.response.id", response_id)
    span.end()
    return span


def attributes_of(span: ReadableSpan) -> dict[str, Any]:
    """Return a span's attributes."""
    return dict(span.attributes or {})


def metered() -> tuple[MeterProvider, InMemoryMetricReader]:
    """Return a meter provider, and what reads it."""
    reader = InMemoryMetricReader()
    return MeterProvider([reader], shutdown_on_exit=False), reader


def counted(reader: InMemoryMetricReader, metric: str) -> dict[tuple[str, ...], float]:
    """Return a counter's values by its dimensions' values, in the order of their names."""
    data = reader.get_metrics_data()
    points: Sequence[NumberDataPoint] = [
        point
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for each in scope.metrics
        if each.name == metric
        for point in each.data.data_points
        if isinstance(point, NumberDataPoint)
    ]
    return {
        tuple(str(value) for _, value in sorted((point.attributes or {}).items())): point.value
        for point in points
    }
