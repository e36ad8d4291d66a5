"""What a team does to have its service instrumented, and its model calls priced.

Attribution travels in W3C baggage between our services and stops there. Only `service_client` is
instrumented, so only calls to our own services carry it; the OpenAI client is traced above its
transport, and the Anthropic client, which would send trace context and baggage with every request
(`propagation` is on by default in anthropic 2.x), is told not to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
from anthropic import AsyncAnthropic
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from otel_costing import CostSpanProcessor
from otel_costing.demo.environment import HEALTH_PATH
from otel_costing.demo.service import HEALTH_ROUTE

SERVICE_TIMEOUT_SECONDS = 30.0


def start_telemetry(service: str, namespace: str, *, trust_baggage: bool) -> TracerProvider:
    """Set up tracing for this process; where spans go is read from `OTEL_EXPORTER_OTLP_ENDPOINT`.

    Args:
        service: `service.name`.
        namespace: `service.namespace`.
        trust_baggage: whether callers may say on whose behalf they call. Only services that nobody
            outside can reach should.
    """
    provider = TracerProvider(
        resource=Resource.create(
            {
                "service.name": service,
                "service.namespace": namespace,
                "deployment.environment.name": "demo",
            }
        )
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    provider.add_span_processor(CostSpanProcessor(trust_baggage=trust_baggage))
    trace.set_tracer_provider(provider)
    OpenAIInstrumentor().instrument()
    return provider


def traced_app(routes: Sequence[BaseRoute], provider: TracerProvider) -> Starlette:
    """Return an application that traces its requests and flushes every span before it stops."""

    @asynccontextmanager
    async def flush_at_end(_app: Starlette) -> AsyncIterator[None]:
        yield
        provider.shutdown()

    tracing = Middleware(
        OpenTelemetryMiddleware,
        excluded_urls=HEALTH_PATH,
        exclude_spans=["receive", "send"],
        tracer_provider=provider,
    )
    return Starlette(routes=[HEALTH_ROUTE, *routes], middleware=[tracing], lifespan=flush_at_end)


def service_client(base_url: str) -> httpx2.AsyncClient:
    """Return a client for one of our own services: its requests carry trace context and baggage."""
    client = httpx2.AsyncClient(base_url=base_url, timeout=SERVICE_TIMEOUT_SECONDS)
    # Its annotation names httpx alone, whose classes httpx2 repeats.
    HTTPX2ClientInstrumentor.instrument_client(cast("Any", client))
    return client


def anthropic_client() -> AsyncAnthropic:
    """Return a client whose spans are traced and whose requests carry nothing of ours."""
    return AsyncAnthropic(open_telemetry={"propagation": False})
