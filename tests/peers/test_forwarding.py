"""The stock OpenTelemetry Collector behind ours: every call comes to it with what it costs, also when it dies meanwhile."""

from __future__ import annotations

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

from otel_costing.otlp import decode
from otel_costing.semconv import COST_USD
from tests.collector.running import Running
from tests.peers.application import CALL_USD, Application
from tests.peers.conftest import Prepare, Receiving
from tests.peers.ours import spooled
from tests.peers.waiting import until


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_stock_collector_gets_what_ours_has_taken_with_its_cost(
    stock: Prepare, receiving: Receiving, protocol: str
) -> None:
    backend = receiving("backend")
    behind = stock("grpc", f"127.0.0.1:{backend.ports.grpc}", "otlp_grpc/costs")
    behind.start()
    port = behind.grpc if protocol == "grpc" else behind.http
    collector = receiving("ours", f"forward.endpoint={protocol}://127.0.0.1:{port}")
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{collector.ports.grpc}", insecure=True)
    with Application(exporter) as application:
        until("spans come through", lambda: len(spooled(backend)) > 50)
        behind.kill()
        until("it is missed", lambda: collector.counted("forward_up") == 0)
        behind.start()
    acknowledged = set(application.acknowledged)
    until("all comes through", lambda: spooled(backend) >= acknowledged)

    assert priced(backend) == dict.fromkeys(application.calls, f"{CALL_USD:.12f}")


def priced(backend: Running) -> dict[tuple[str, str], str]:
    """Return what each span says it cost that says so."""
    return {
        (span.trace_id, span.span_id): span.attributes[COST_USD]
        for body in backend.spooled()
        for span in decode(body).spans
        if COST_USD in span.attributes
    }
