"""Applications, the stock OpenTelemetry Collector as its makers build it, then ours: booked once, whoever dies."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace.export import SpanExporter

from otel_costing_collector.service import Ports
from tests.peers.application import CALL_USD, CALLS_A_TRACE, Application
from tests.peers.booked import Booked
from tests.peers.conftest import Prepare, Receiving
from tests.peers.ours import Ours, spooled
from tests.peers.stock import BINARY, SHIPPED, Stock
from tests.peers.waiting import until

PROTOCOLS = ("grpc", "http")
OUTAGE_SECONDS = float(os.environ.get("OTEL_COSTING_OUTAGE_SECONDS", "3"))
"""How long ours is away; minutes by hand."""


def between(prepare: Prepare, ours: Ours | Ports, protocol: str) -> Stock:
    """Return a stock collector that sends to ours by a protocol."""
    endpoint = f"127.0.0.1:{ours.grpc}" if protocol == "grpc" else f"http://127.0.0.1:{ours.http}"
    return prepare(protocol, endpoint, f"otlp_{protocol}/costs")


def exporter_to(stock: Stock, protocol: str) -> SpanExporter:
    """Return the exporter that an application has, towards the stock collector."""
    if protocol == "grpc":
        return GrpcExporter(f"http://127.0.0.1:{stock.grpc}", insecure=True)
    return HttpExporter(f"http://127.0.0.1:{stock.http}/v1/traces", compression=Compression.Gzip)


def assert_booked_once(application: Application, ledger: Booked) -> None:
    """Every acknowledged span is there, each call once and to the last digit, and nothing else."""
    assert ledger.spans == sorted(application.acknowledged)
    assert ledger.calls == sorted((*call, CALL_USD) for call in application.calls)
    assert ledger.net_calls == len(application.calls)


@pytest.mark.skipif(not BINARY.exists(), reason="no .otelcol; `make otelcol` builds it")
@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_configuration_is_valid_as_it_is(shipped: Path, tmp_path: Path) -> None:
    variables = {
        "OTEL_COSTING_ENDPOINT": "https://costs.example:4317",
        "OTEL_COSTING_TOKEN": "a-token-of-the-tests",
        "OTELCOL_STORAGE": str(tmp_path),
        "GATEWAY_ENDPOINT": "https://gateway.example:4317",
        "BACKEND_ENDPOINT": "https://traces.example:4317",
    }
    validated = subprocess.run(
        [BINARY, "validate", f"--config={shipped}"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert (validated.returncode, validated.stderr) == (0, "")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_comes_while_ours_is_killed_waits_on_disk_and_is_booked_once(
    stock: Prepare, ours: Ours, protocol: str
) -> None:
    between_us = between(stock, ours, protocol)
    ours.start()
    between_us.start()
    with Application(exporter_to(between_us, protocol)) as application:
        until("spans arrive", lambda: ours.counted("accepted_items_total") > 100)
        ours.kill()
        at_the_kill = len(application.acknowledged)
        until("the queue takes more", lambda: len(application.acknowledged) > at_the_kill + 100)
        ours.start()
        until("spans arrive", lambda: ours.counted("accepted_items_total") > 100)
    until("all was forwarded", between_us.has_forwarded_all)

    assert_booked_once(application, ours.stop())


def test_an_agent_and_a_gateway_bridge_an_outage_of_ours(
    stock: Prepare, receiving: Receiving, ours: Ours
) -> None:
    """Both are killed meanwhile, too: what an application was told is safe lies on one of their disks."""
    backend = receiving("backend")
    gateway = stock("gateway", f"127.0.0.1:{ours.grpc}", "otlp_grpc/costs")
    agent = stock("agent", f"127.0.0.1:{gateway.grpc}", "otlp_grpc/gateway")
    away = {"BACKEND_ENDPOINT": f"127.0.0.1:{backend.ports.grpc}", "BACKEND_INSECURE": "true"}
    ours.start()
    gateway.start(**away)
    agent.start()
    with Application(exporter_to(agent, "grpc")) as application:
        until("spans arrive", lambda: ours.counted("accepted_items_total") > 100)
        before = ours.stop()
        threading.Event().wait(OUTAGE_SECONDS)
        for one, variables in ((gateway, away), (agent, {})):
            one.kill()
            one.start(**variables)
        ours.start()
        until("spans arrive", lambda: ours.counted("accepted_items_total") > 100)
    later = len(application.calls) - len(before.calls)
    until("all is booked", lambda: ours.new_calls() >= later, minutes=1 + OUTAGE_SECONDS / 20)
    gateway.stop()

    assert_booked_once(application, ours.stop())


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_a_full_spool_refuses_comes_again_and_is_booked_once(
    stock: Prepare, ours: Ours, protocol: str
) -> None:
    between_us = between(stock, ours, protocol)
    ours.start("spool.max_bytes=1 MiB", "limits.request_bytes=512 KiB", "booking.linger_seconds=2")
    between_us.start()
    with Application(exporter_to(between_us, protocol), padding="x" * 20_000) as application:
        until(
            "the spool is full",
            lambda: ours.counted("refused_requests_total", reason="spool_full") > 1,
        )
    until("all was forwarded", between_us.has_forwarded_all)

    assert_booked_once(application, ours.stop())


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_stock_collector_killed_amid_sending_sends_it_again_and_it_is_booked_once(
    stock: Prepare, ours: Ours, protocol: str
) -> None:
    between_us = between(stock, ours, protocol)
    ours.start()
    between_us.start()
    with Application(exporter_to(between_us, protocol)) as application:
        until("spans arrive", lambda: ours.counted("accepted_items_total") > 100)
        between_us.kill()
        between_us.start()
        after_the_kill = len(application.acknowledged)
        until("the queue takes more", lambda: len(application.acknowledged) > after_the_kill + 100)
    until("all is booked", lambda: ours.new_calls() >= len(application.calls))
    between_us.stop()

    assert_booked_once(application, ours.stop())


def test_a_stock_collector_killed_while_ours_is_away_has_it_all_on_disk(
    stock: Prepare, ours: Ours
) -> None:
    between_us = between(stock, ours, "grpc")
    between_us.start()
    application = Application(exporter_to(between_us, "grpc"))
    application.send(40)
    between_us.kill()
    between_us.start()
    ours.start()
    until("all is booked", lambda: ours.new_calls() >= len(application.calls))
    between_us.stop()

    assert_booked_once(application, ours.stop())


@pytest.mark.parametrize(
    ("protocol", "compression"),
    [("grpc", "none"), ("http", "gzip"), ("http", "deflate"), ("http", "none")],
)
def test_other_compressions_than_the_shipped_ones_arrive_too(
    stock: Prepare, receiving: Receiving, protocol: str, compression: str
) -> None:
    collector = receiving("ours")
    between_us = between(stock, collector.ports, protocol)
    between_us.start(f"exporters::otlp_{protocol}/costs::compression: {compression}")
    application = Application(exporter_to(between_us, protocol))
    application.send(10)
    until("all was forwarded", between_us.has_forwarded_all)

    assert spooled(collector) == set(application.acknowledged)
    assert len(application.acknowledged) == 10 * (CALLS_A_TRACE + 1)


def test_every_call_comes_to_us_before_the_traces_are_sampled(
    stock: Prepare, receiving: Receiving
) -> None:
    collector, backend = receiving("ours"), receiving("backend")
    between_us = stock(
        "before_tail_sampling", f"127.0.0.1:{collector.ports.grpc}", "otlp_grpc/costs"
    )
    between_us.start(
        "processors::tail_sampling::decision_wait: 100ms",
        BACKEND_ENDPOINT=f"127.0.0.1:{backend.ports.grpc}",
        BACKEND_INSECURE="true",
    )
    application = Application(exporter_to(between_us, "grpc"))
    application.send(200)
    until("all was forwarded", between_us.has_forwarded_all)
    until("some are sampled", lambda: len(spooled(backend)) > 0)

    assert spooled(collector) == set(application.acknowledged)
    assert spooled(backend) < spooled(collector)
