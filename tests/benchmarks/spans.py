"""Spans of twenty attributes, recorded by the SDK under different processors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Tracer

from otel_costing import CostSpanProcessor
from tests.benchmarks.measure import Figure, in_turn, percent_of, spread_of

SCOPE = "opentelemetry.instrumentation.genai.openai"
MODEL_CALL: Mapping[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.request.max_tokens": 300,
    "gen_ai.request.top_p": 1.0,
    "gen_ai.request.seed": 7,
    "gen_ai.output.type": "text",
    "server.address": "api.openai.com",
    "server.port": 443,
    "openai.request.service_tier": "auto",
    "openai.response.service_tier": "default",
    "gen_ai.response.model": "gpt-5-mini-2025-08-07",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.cache_read.input_tokens": 300,
    "gen_ai.usage.output_tokens": 200,
    "gen_ai.usage.reasoning.output_tokens": 50,
    "app.route": "/answer",
}
"""With its id, twenty: a call of four meters."""
OTHER: Mapping[str, Any] = {
    f"app.attribute{number}": value for number, value in enumerate(MODEL_CALL.values())
}
_numbers = count()


def _record(tracer: Tracer, attributes: Mapping[str, Any], id_name: str) -> None:
    span = tracer.start_span("chat gpt-5-mini")
    for name, value in attributes.items():
        span.set_attribute(name, value)
    span.set_attribute(id_name, f"chatcmpl-CR1aXb9ZkPq{next(_numbers):08}")
    span.end()


def _tracer(*processors: SpanProcessor) -> Tracer:
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource({"service.name": "assistant", "service.namespace": "support"}),
        shutdown_on_exit=False,
    )
    for processor in processors:
        provider.add_span_processor(processor)
    return provider.get_tracer(SCOPE)


def _added(
    what: str, attributes: Mapping[str, Any], id_name: str, aims: tuple[float, ...]
) -> list[Figure]:
    idle = SpanProcessor()
    tracers = _tracer(idle), _tracer(idle, CostSpanProcessor()), _tracer(idle, SpanProcessor())
    works = [partial(_record, tracer, attributes, id_name) for tracer in tracers]
    rounds = in_turn(works, times=150, rounds=60)
    base, priced, nothing = ([each[place] for each in rounds] for place in range(3))
    added = percent_of([p - b for p, b in zip(priced, base, strict=True)], base)
    idle_added = percent_of([n - b for n, b in zip(nothing, base, strict=True)], base)
    return [
        Figure(f"{what}: the SDK alone", spread_of(base), "us", None),
        Figure(f"{what}: CostSpanProcessor adds", added, "%", aims[0]),
        *(Figure(f"{what}: the same, stretched", added, "%", aim) for aim in aims[1:]),
        Figure(f"{what}: a processor that does nothing adds", idle_added, "%", None),
    ]


def figures() -> list[Figure]:
    """Measure what pricing adds to a model call's span, and to one that is none."""
    return [
        *_added("span of a model call", MODEL_CALL, "gen_ai.response.id", (100, 60)),
        *_added("any other span", OTHER, "app.id", (15,)),
    ]
