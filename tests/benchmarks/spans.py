"""Spans of twenty attributes, recorded by the SDK under different processors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from statistics import median
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Tracer

from otel_costing import CostSpanProcessor
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Aim, Beside, Figure, Spread
from tests.benchmarks.measure import in_turn, percent_of, spread_of
from tests.benchmarks.series import Series

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
_SIZES = (20, 40, 80)
"""All below the SDK's limit of 128, with what pricing adds."""
_AS_THE_SDK = "no dearer than the span itself; 60 % is what we would like"
_UNSEEN = "a processor that finds nothing to do is hardly seen"
_BY_SIZE = Series("it adds to a model call of {size} attributes", "us", "attributes")
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


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure what pricing adds to a model call's span, to one that is none, and to ever larger ones."""
    rounds = bench.of(8, 60)
    yield from _added(
        "span of a model call", MODEL_CALL, "gen_ai.response.id", Aim(100, _AS_THE_SDK), rounds
    )
    yield from _added("any other span", OTHER, "app.id", Aim(15, _UNSEEN), rounds)
    yield from _BY_SIZE.figures(_SIZES, partial(_adds_to, bench.of(4, 20)))


def _added(
    what: str, attributes: Mapping[str, Any], id_name: str, aim: Aim, rounds: int
) -> Iterator[Figure]:
    idle = SpanProcessor()
    tracers = _tracer(idle), _tracer(idle, CostSpanProcessor()), _tracer(idle, SpanProcessor())
    works = [partial(_record, tracer, attributes, id_name) for tracer in tracers]
    bare, priced, nothing = in_turn(works, times=150, rounds=rounds)
    beside = Beside("the SDK without it", median(bare))
    added, idle_added = (percent_of(_less(one, bare), bare) for one in (priced, nothing))
    yield Figure(f"{what}, with CostSpanProcessor", spread_of(priced), "us", beside=beside)
    yield Figure(f"{what}: it adds, of the SDK's time", added, "%", aim)
    yield Figure(f"{what}: one that does nothing adds", idle_added, "%")


def _less(wholes: Sequence[float], parts: Sequence[float]) -> list[float]:
    return [whole - part for whole, part in zip(wholes, parts, strict=True)]


def _adds_to(rounds: int, size: int) -> Spread:
    others = {f"app.attribute{number}": "a value" for number in range(size - 1 - len(MODEL_CALL))}
    tracers = _tracer(SpanProcessor()), _tracer(SpanProcessor(), CostSpanProcessor())
    works = [
        partial(_record, tracer, {**MODEL_CALL, **others}, "gen_ai.response.id")
        for tracer in tracers
    ]
    bare, priced = in_turn(works, times=150, rounds=rounds)
    return spread_of(_less(priced, bare))
