"""A collector that sends on what it accepts: with its cost, at least once, and without booking or answering ever waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing_collector.booking import Ledger
from tests.collector.bench import Faulty, calls
from tests.collector.conftest import Start
from tests.collector.exports import SPAN_ID, json_logs, json_traces, logs, numbered, traces
from tests.collector.forwarding.receiver import HANG, Receiver, Said
from tests.collector.processes import Process
from tests.collector.running import JSON, PROTOBUF, Running, ask

README = Path(__file__).parents[3] / "collector" / "README.md"
USD = "0.004500000000"


@contextmanager
def forwarding(
    directory: Path, url: str, ledger: Callable[[], Ledger] | None = None
) -> Iterator[Running]:
    """Run a collector that sends on to a URL."""
    settings = (
        f"forward.endpoint={url}",
        "forward.timeout_seconds=60",
        "booking.linger_seconds=0.05",
        "limits.stop_seconds=2",
    )
    collector = Running(directory, *settings, open_ledger=ledger)
    try:
        yield collector
    finally:
        collector.stop()


@pytest.fixture
def ledger(dsn: str) -> Iterator[Faulty]:
    with Store.open(dsn) as store:
        yield Faulty(store)


def usd_of(receiver: Receiver) -> list[str]:
    return [
        pair.value.string_value
        for span in receiver.spans()
        for pair in span.attributes
        if pair.key == "otel_costing.cost.usd"
    ]


def test_a_call_is_sent_on_with_the_figure_that_is_booked(
    tmp_path: Path, receiver: Receiver, ledger: Faulty
) -> None:
    with forwarding(tmp_path, receiver.url, lambda: ledger) as collector:
        assert collector.export(calls(1, 2)) == b""
        collector.until(lambda: collector.service.spool.state().requests == 0)
        collector.until(lambda: len(receiver.spans()) == 2)
        collector.until(lambda: collector.counted("outbox_requests") == 0)

        booked = ledger.store.connection.query("SELECT toString(total_usd) FROM ledger").rows
        assert sorted(usd_of(receiver)) == [USD, USD]
        assert [Decimal(row[0]) for row in booked] == [Decimal(USD), Decimal(USD)]
        assert collector.counted("forwarded_requests_total", signal="traces") == 1
        assert collector.counted("forward_up") == 1


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_another_collector_takes_traces_and_logs_of_both_encodings(
    start: Start, tmp_path: Path, scheme: str
) -> None:
    other = start()
    port = other.ports.grpc if scheme == "grpc" else other.ports.http
    evaluation = "gen_ai.evaluation.result"
    with forwarding(tmp_path / "first", f"{scheme}://127.0.0.1:{port}") as collector:
        collector.request(body=traces(), content_type=PROTOBUF)
        collector.request(body=json_traces("00f067aa0ba902b7"), content_type=JSON)
        collector.request(path="/v1/logs", body=logs(evaluation), content_type=PROTOBUF)
        collector.request(path="/v1/logs", body=json_logs(evaluation), content_type=JSON)
        collector.until(
            lambda: (
                collector.counted("forwarded_requests_total", signal="logs") == 2
                and collector.counted("forwarded_requests_total", signal="traces") == 2
            )
        )

    kept = b"".join(other.spooled())
    assert all(span_id in kept for span_id in (SPAN_ID, bytes.fromhex("00f067aa0ba902b7")))
    assert kept.count(evaluation.encode()) == 2


def test_log_records_that_are_not_booked_are_sent_on_too(
    tmp_path: Path, receiver: Receiver, ledger: Faulty
) -> None:
    with forwarding(tmp_path, receiver.url, lambda: ledger) as collector:
        collector.request(path="/v1/logs", body=logs("anything"), content_type=PROTOBUF)
        collector.request(path="/v1/logs", body=b"", content_type=PROTOBUF)
        collector.until(lambda: len(receiver.taken) == 1)
        collector.until(lambda: collector.service.spool.state().requests == 0)

    assert [one.body for one in receiver.taken] == [logs("anything")]


def test_booking_and_answers_never_wait_for_the_endpoint(
    tmp_path: Path, receiver: Receiver, ledger: Faulty
) -> None:
    receiver.says = lambda _received: Said(HANG)
    with forwarding(tmp_path, receiver.url, lambda: ledger) as collector:
        for number in range(1, 6):
            collector.export(calls(number))
            collector.until(lambda: collector.service.spool.state().requests == 0)

        assert collector.counted("outbox_requests") == 5
        assert collector.counted("outbox_oldest_seconds") > 0
        assert collector.admin("/readyz").status == 200
        began = time.monotonic()
    assert time.monotonic() - began < 20  # limits.stop_seconds is 2, of each part

    receiver.says = lambda _received: None
    with forwarding(tmp_path, receiver.url, lambda: ledger) as collector:
        collector.until(lambda: len(set(receiver.span_ids())) == 5)


def test_sending_on_never_waits_for_the_ledger(tmp_path: Path, receiver: Receiver) -> None:
    def away() -> Ledger:
        raise StoreUnavailable("it is away")

    with forwarding(tmp_path, receiver.url, away) as collector:
        collector.export(calls(1))
        collector.until(lambda: len(receiver.spans()) == 1)

        assert collector.service.spool.state().requests == 1
        assert usd_of(receiver) == [USD]


def test_a_request_that_no_ledger_takes_is_sent_on_like_any_other(
    tmp_path: Path, receiver: Receiver, ledger: Faulty
) -> None:
    ledger.refuses_spans = {(1).to_bytes(8).hex()}
    with forwarding(tmp_path, receiver.url, lambda: ledger) as collector:
        collector.export(calls(1))
        collector.until(lambda: collector.counted("dead_letters") == 1)
        collector.until(lambda: len(receiver.spans()) == 1)


def test_every_metric_of_forwarding_is_documented(tmp_path: Path, receiver: Receiver) -> None:
    readme = README.read_text(encoding="utf-8")
    with forwarding(tmp_path, receiver.url) as collector:
        names = [metric.name for metric in collector.service.telemetry.registry.collect()]

    ours = [name for name in names if "forward" in name or "outbox" in name]
    assert len(ours) == 8
    assert [name for name in ours if f"`{name}" not in readme] == []


def test_without_an_endpoint_nothing_is_kept_for_it(start: Start) -> None:
    collector = start()
    collector.request(path="/v1/logs", body=logs("anything"), content_type=PROTOBUF)

    assert collector.spooled() == []
    assert not (collector.directory / "outbox").exists()
    assert "otel_costing_forward" not in collector.admin("/metrics").body.decode()


def test_a_collector_that_is_killed_again_and_again_loses_nothing(
    tmp_path: Path, receiver: Receiver
) -> None:
    """Killed while requests are taken, sent, answered and forgotten; the endpoint fails every other time."""
    receiver.answers = [Said(200 if number % 2 else 503) for number in range(100)]
    acknowledged: list[bytes] = []
    for life in range(2):
        process = Process(tmp_path / "spool", f"--set=forward.endpoint={receiver.url}")
        killing = threading.Timer(0.3, process.kill)
        killing.start()
        for number in range(life * 1000, life * 1000 + 1000):
            if not _acknowledged(process.http, number):
                break
            acknowledged.append((number + 1).to_bytes(8))
        killing.join()
    receiver.answers = []
    last = Process(tmp_path / "spool", f"--set=forward.endpoint={receiver.url}")
    try:
        until_s = time.monotonic() + 30
        while missing := set(acknowledged) - set(receiver.span_ids()):
            assert time.monotonic() < until_s, f"{len(missing)} of {len(acknowledged)} are missing"
            time.sleep(0.05)  # between two looks at another process
    finally:
        assert last.stop() == 0
    assert len(acknowledged) > 30


def _acknowledged(port: int, number: int) -> bool:
    try:
        headers = {"content-type": PROTOBUF}
        return ask(port, "POST", "/v1/traces", numbered(number), headers, None).status == 200
    except OSError:
        return False
