"""How each emitter is switched on, the way its own documentation has it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.live.emitters import Emitter


def switch_on(emitter: Emitter, processors: Sequence[SpanProcessor]) -> None:
    """Switch an emitter on, its spans going to these processors, in this order."""
    _SWITCHES[emitter.switch](emitter, processors)


def _nothing(_emitter: Emitter, processors: Sequence[SpanProcessor]) -> None:
    _global(processors)


def _instrumentors(emitter: Emitter, processors: Sequence[SpanProcessor]) -> None:
    _instrument(emitter, _global(processors))


def _openlit(_emitter: Emitter, processors: Sequence[SpanProcessor]) -> None:
    _global(processors)
    prices = Path(tempfile.mkdtemp()) / "prices.json"
    prices.write_text(json.dumps({"chat": {}, "embeddings": {}}), encoding="utf-8")
    # Without a file it fetches its prices from the network.
    import_module("openlit").init(pricing_json=str(prices), disable_metrics=True)


def _langfuse(emitter: Emitter, processors: Sequence[SpanProcessor]) -> None:
    provider = _global(processors)
    # With an exporter of its own it would send to its service.
    import_module("langfuse").Langfuse(
        public_key="pk-lf-none",
        secret_key="sk-lf-none",  # noqa: S106 - nothing checks it
        base_url="http://127.0.0.1:9",
        tracer_provider=provider,
        span_exporter=InMemorySpanExporter(),
    )
    # Its clients stand in for OpenAI's own from here on.
    import_module("langfuse.openai")
    _instrument(emitter, provider)


def _logfire(client: str, _emitter: Emitter, processors: Sequence[SpanProcessor]) -> None:
    logfire = import_module("logfire")
    logfire.configure(
        send_to_logfire=False,
        console=False,
        metrics=False,
        inspect_arguments=False,
        additional_span_processors=list(processors),
    )
    getattr(logfire, f"instrument_{client}")()


def _pydantic_ai(emitter: Emitter, processors: Sequence[SpanProcessor]) -> None:
    provider = _global(processors)
    import_module("pydantic_ai").Agent.instrument_all()
    _instrument(emitter, provider)


def _instrument(emitter: Emitter, provider: TracerProvider) -> None:
    for place in emitter.instruments:
        module, _, name = place.partition(":")
        getattr(import_module(module), name)().instrument(tracer_provider=provider)


def _global(processors: Sequence[SpanProcessor]) -> TracerProvider:
    provider = TracerProvider()
    for processor in processors:
        provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    return provider


_SWITCHES: dict[str, Callable[[Emitter, Sequence[SpanProcessor]], None]] = {
    "nothing": _nothing,
    "instrumentors": _instrumentors,
    "openlit": _openlit,
    "langfuse": _langfuse,
    "logfire_openai": partial(_logfire, "openai"),
    "logfire_anthropic": partial(_logfire, "anthropic"),
    "pydantic_ai": _pydantic_ai,
}
