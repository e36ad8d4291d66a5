"""OpenTelemetry for JavaScript, as it comes from npm, straight to ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from otel_costing_collector.service import Ports
from otel_costing_collector.spool import SpoolFull
from otel_costing_collector.spool_record import Kind
from tests.collector.running import Running
from tests.peers.application import CALL_USD
from tests.peers.booked import Booked
from tests.peers.conftest import Receiving
from tests.peers.ours import Ours, spooled
from tests.peers.stock import TOKEN
from tests.peers.waiting import until

PACKAGES = Path(__file__).parents[2] / ".peers" / "node_modules"
SCRIPT = Path(__file__).with_name("js") / "send.cjs"
PROTOCOLS = ("json", "protobuf", "grpc")
CALLS = 7

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="no node"),
    pytest.mark.skipif(
        not PACKAGES.exists(), reason="no exporters in .peers; `make test-peers` installs them"
    ),
]


class Told(NamedTuple):
    """What an application in JavaScript says at its end."""

    results: list[str]
    """Of each batch: `success`, or the exporter's error."""
    warnings: list[str]
    spans: list[str]
    """The ids of its model calls."""


def send(protocol: str, to: Ours | Ports) -> Told:
    """Run the application, and wait for its end."""
    traces = f"http://127.0.0.1:{to.http}/v1/traces"
    url = f"http://127.0.0.1:{to.grpc}" if protocol == "grpc" else traces
    environment = {
        **os.environ,
        "NODE_PATH": str(PACKAGES),
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {TOKEN}",
    }
    ran = subprocess.run(
        ["node", SCRIPT, protocol, url, str(CALLS)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return Told(**json.loads(ran.stdout))


class Delivered(NamedTuple):
    """What three applications said, and what was booked of it."""

    told: Mapping[str, Told]
    ledger: Booked


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivered]:
    """One collector for all three protocols: starting one takes longer than sending."""
    ours = Ours(tmp_path_factory.mktemp("javascript"))
    ours.start()
    try:
        told = {protocol: send(protocol, ours) for protocol in PROTOCOLS}
        yield Delivered(told, ours.stop())
    finally:
        ours.kill()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_call_that_an_exporter_sent_is_booked_once(
    delivered: Delivered, protocol: str
) -> None:
    told = delivered.told[protocol]

    assert told.results == ["success"]
    booked = [(span_id, usd) for _, span_id, usd in delivered.ledger.calls]
    assert [one for one in booked if one[0] in told.spans] == [
        (span_id, CALL_USD) for span_id in sorted(told.spans)
    ]


def test_nothing_else_is_booked(delivered: Delivered) -> None:
    assert delivered.ledger.net_calls == len(PROTOCOLS) * CALLS
    assert delivered.ledger.usd() == len(PROTOCOLS) * CALLS * Decimal("0.0045")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_exporter_tells_of_the_span_that_was_left_out(
    delivered: Delivered, protocol: str
) -> None:
    (warning,) = delivered.told[protocol].warnings

    assert "artial" in warning
    assert "rejectedSpans" in warning


@pytest.fixture
def full(receiving: Receiving) -> Running:
    """A collector whose spool has no room."""
    collector = receiving("full", "spool.max_bytes=1 MiB", "limits.request_bytes=256 KiB")
    for size in (100_000, 1):
        put = [
            collector.service.spool.append(bytes(size), Kind.TRACES, received_ns=1)
            for _ in range(400)
        ]
        assert isinstance(put[-1].exception(10), SpoolFull)
    return collector


@pytest.mark.parametrize("protocol", ["json", "protobuf"])
def test_over_http_an_exporter_waits_for_a_full_spool_and_loses_nothing(
    full: Running, protocol: str
) -> None:
    with ThreadPoolExecutor() as elsewhere:
        sending = elsewhere.submit(send, protocol, full.ports)
        until(
            "one was refused",
            lambda: (
                full.counted("refused_requests_total", reason="spool_full", protocol="http") > 0
            ),
        )
        full.service.spool.forget(request.id for request in full.service.spool.unbooked())
        told = sending.result()

    assert told.results == ["success"]
    assert set(told.spans) < {span_id for _, span_id in spooled(full)}


def test_over_grpc_an_exporter_gives_up_at_once_and_says_so(full: Running) -> None:
    """It tries nothing twice: what must not be lost goes over HTTP, or by a stock Collector."""
    (result,) = send("grpc", full.ports).results

    assert "UNAVAILABLE" in result
