"""The exporters that applications really use, against a collector that really listens."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
    OTLPSpanExporter as GrpcExporter,
)
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpExporter,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

from otel_costing.otlp import decode
from otel_costing_collector.spool import Spool, SpoolFull
from otel_costing_collector.spool_record import Kind, SpooledRequest
from tests.collector.conftest import Start
from tests.collector.running import Running

Make = Callable[[Running], SpanExporter]

EXPORTERS: dict[str, Make] = {
    "grpc": lambda on: GrpcExporter(f"http://127.0.0.1:{on.ports.grpc}", insecure=True),
    "http": lambda on: HttpExporter(f"http://127.0.0.1:{on.ports.http}/v1/traces"),
    "http, gzip": lambda on: HttpExporter(
        f"http://127.0.0.1:{on.ports.http}/v1/traces", compression=Compression.Gzip
    ),
    "http, deflate": lambda on: HttpExporter(
        f"http://127.0.0.1:{on.ports.http}/v1/traces", compression=Compression.Deflate
    ),
}


def emit(exporter: SpanExporter, names: Iterator[str]) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("acme")
    for name in names:
        with tracer.start_as_current_span(name, attributes={"gen_ai.usage.input_tokens": 7}):
            pass
    provider.shutdown()


@pytest.mark.parametrize("make", EXPORTERS.values(), ids=EXPORTERS.keys())
def test_what_an_exporter_sends_is_in_the_spool(collector: Running, make: Make) -> None:
    emit(make(collector), iter(["chat a", "chat b"]))

    spans = [span for body in collector.spooled() for span in decode(body).spans]
    assert [span.name for span in spans] == ["chat a", "chat b"]
    assert {7} == {span.attributes["gen_ai.usage.input_tokens"] for span in spans}


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_an_exporter_waits_for_a_full_spool_and_loses_nothing(start: Start, protocol: str) -> None:
    collector = start("spool.max_bytes=1 MiB", "limits.request_bytes=256 KiB")
    spool = collector.service.spool
    filling = [one.id for one in _filled(spool)]
    booking = threading.Thread(
        target=_book_once_one_was_refused, args=(collector, filling, protocol)
    )
    booking.start()

    emit(EXPORTERS[protocol](collector), iter(["chat late"]))

    booking.join()
    late = [span.name for one in spool.unbooked() for span in decode(one.body).spans]
    assert late == ["chat late"]


def _filled(spool: Spool) -> list[SpooledRequest]:
    for size in (100_000, 1):
        waiting = [spool.append(bytes(size), Kind.TRACES, received_ns=1) for _ in range(400)]
        assert isinstance(waiting[-1].exception(10), SpoolFull)
    return spool.unbooked()


def _book_once_one_was_refused(collector: Running, filling: list[int], protocol: str) -> None:
    refused = {"reason": "spool_full", "protocol": protocol}
    end = time.monotonic() + 20
    while not collector.counted("refused_requests_total", **refused) and time.monotonic() < end:
        os.sched_yield()
    collector.service.spool.forget(filling)
