"""What waits is sent until the endpoint has it, and dropped only where it never will."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from otel_costing_collector.forwarding.endpoint import endpoint_of
from otel_costing_collector.forwarding.metrics import ForwardingMetrics
from otel_costing_collector.forwarding.outbox import Outbox
from otel_costing_collector.forwarding.outcomes import Declined
from otel_costing_collector.forwarding.over_http import OverHttp
from otel_costing_collector.forwarding.route import Route
from otel_costing_collector.forwarding.sending import Enrich, Sending, parcels
from otel_costing_collector.spool_record import Encoding, Kind, SpooledRequest
from tests.collector.exports import logs, numbered
from tests.collector.forwarding.receiver import DROP, HANG, Received, Receiver, Said, partly

MIB = 2**20


class Sender:
    """An outbox, and what sends from it to a receiver."""

    def __init__(self, directory: Path, receiver: Receiver) -> None:
        self.registry = CollectorRegistry()
        self.metrics = ForwardingMetrics(self.registry)
        self.outbox = Outbox(directory, 64 * MIB, lambda _dropped: None)
        self.receiver = receiver
        self.enrich: Enrich = lambda request: request.body
        self.failing: set[str] = set()
        self.failing_at_last = ""

    def put(self, *bodies: bytes, kind: Kind = Kind.TRACES) -> None:
        """Let requests wait."""
        self.outbox.put(
            [
                SpooledRequest(-1, time.time_ns(), kind, Encoding.PROTOBUF, "", body)
                for body in bodies
            ]
        )

    def send(self, *, until: Callable[[], bool] | None = None, compression: str = "none") -> None:
        """Send until nothing is left, or until something is true."""
        route = Route(
            endpoint_of(self.receiver.url), {"x-scope-orgid": "1"}, compression, 1.0, None
        )
        asyncio.run(self._send(until or self.is_empty, route))

    async def _send(self, until: Callable[[], bool], route: Route) -> None:
        way = OverHttp(route)
        sending = Sending(self.outbox, way, self.enrich, self.metrics)
        task = asyncio.create_task(sending.run())
        try:
            async with asyncio.timeout(20):
                while not until():
                    self.failing.add(sending.failing())
                    await asyncio.sleep(0.01)
        finally:
            sending.stop()
            await task
            self.failing_at_last = sending.failing()
            await way.close()

    def is_empty(self) -> bool:
        """Whether all of it was sent or dropped."""
        return self.outbox.state().requests == 0

    def counted(self, name: str, **labels: str) -> float:
        """Return what a metric says."""
        return self.registry.get_sample_value(f"otel_costing_{name}_total", labels) or 0


@pytest.fixture
def sender(tmp_path: Path, receiver: Receiver) -> Iterator[Sender]:
    opened = Sender(tmp_path / "outbox", receiver)
    yield opened
    opened.outbox.close()


def ids(*numbers: int) -> list[bytes]:
    return [(number + 1).to_bytes(8) for number in numbers]


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_what_waits_is_sent_together_and_forgotten(sender: Sender, compression: str) -> None:
    sender.put(*(numbered(number) for number in range(50)))
    sender.put(logs("anything"), kind=Kind.LOGS)
    sender.send(compression=compression)

    assert sorted(sender.receiver.span_ids()) == ids(*range(50))
    assert sorted(one.path for one in sender.receiver.taken) == ["/v1/logs", "/v1/traces"]
    for one in sender.receiver.taken:
        assert one.headers["content-type"] == "application/x-protobuf"
        assert one.headers["x-scope-orgid"] == "1"
        assert one.headers.get("content-encoding", "none") == compression
    assert sender.counted("forwarded_requests", signal="traces") == 50
    assert sender.counted("forwarded_requests", signal="logs") == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504, DROP])
def test_what_may_be_taken_later_is_sent_again(sender: Sender, status: int) -> None:
    sender.receiver.answers = [Said(status), Said(status)]
    sender.put(numbered(0))
    sender.send()

    assert sender.receiver.span_ids() == ids(0)
    assert len(sender.receiver.received) == 3
    assert any(sender.failing)
    assert sender.counted("forward_dropped_requests", reason="refused") == 0


def test_an_endpoint_that_does_not_answer_is_asked_again_after_the_timeout(sender: Sender) -> None:
    sender.receiver.answers = [Said(HANG)]
    sender.put(numbered(0))
    sender.send()

    assert sender.receiver.span_ids() == ids(0)
    assert "no answer within 1 s" in sender.failing


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 500, 501])
def test_what_will_never_be_taken_is_dropped_counted_and_told_once(
    sender: Sender, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    sender.receiver.says = lambda _received: Said(status)
    sender.put(*(numbered(number) for number in range(3)))
    sender.send()

    assert sender.counted("forward_dropped_requests", reason="refused") == 3
    assert [record.message for record in caplog.records] == ["a request is dropped"]


@pytest.mark.parametrize(
    ("kind", "why"), [(Kind.TRACES, "HTTP 401"), (Kind.LOGS, "")], ids=["traces", "logs"]
)
def test_an_endpoint_that_refuses_every_trace_is_not_up(
    sender: Sender, kind: Kind, why: str
) -> None:
    """One for traces alone refuses all logs, and is well."""
    sender.receiver.says = lambda _received: Said(401)
    sender.put(numbered(0), kind=kind)
    sender.send()
    refusing = sender.failing_at_last

    sender.receiver.says = lambda _received: None
    sender.put(numbered(1))
    sender.send()

    assert (refusing, sender.failing_at_last) == (why, "")


def test_what_is_refused_together_is_sent_alone_and_one_bad_request_costs_no_other(
    sender: Sender,
) -> None:
    poison = (3).to_bytes(8)
    sender.receiver.says = lambda received: Said(400 if poison in received.body else 200)
    sender.put(*(numbered(number) for number in range(5)))
    sender.send()

    assert sorted(sender.receiver.span_ids()) == ids(0, 1, 3, 4)
    assert sender.counted("forward_dropped_requests", reason="refused") == 1
    assert sender.counted("forwarded_requests", signal="traces") == 4


def in_two_seconds() -> str:
    return formatdate(time.time() + 2, usegmt=True)


@pytest.mark.parametrize(("status", "requests"), [(400, 6), (401, 1)])
def test_what_is_refused_whoever_asks_is_not_asked_one_by_one(
    sender: Sender, status: int, requests: int
) -> None:
    sender.receiver.says = lambda _received: Said(status)
    sender.put(*(numbered(number) for number in range(5)))
    sender.send()

    assert len(sender.receiver.received) == requests
    assert sender.counted("forward_dropped_requests", reason="refused") == 5


@pytest.mark.parametrize("later", [lambda: "1", in_two_seconds])
def test_an_endpoint_that_asks_for_peace_gets_it(sender: Sender, later: Callable[[], str]) -> None:
    times: list[float] = []

    def says(_received: Received) -> Said | None:
        times.append(time.monotonic())
        return Said(503, {"retry-after": later()}) if len(times) == 1 else None

    sender.receiver.says = says
    sender.put(numbered(0))
    sender.send()

    assert times[1] - times[0] >= 0.5


def test_a_retry_after_that_is_none_is_none(sender: Sender) -> None:
    sender.receiver.answers = [Said(503, {"retry-after": "soon"})]
    sender.put(numbered(0))
    sender.send()

    assert sender.receiver.span_ids() == ids(0)


def test_what_the_endpoint_says_it_left_out_is_counted_and_told(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    sender.receiver.answers = [Said(200, body=partly(2, "too old"))]
    sender.put(numbered(0))
    sender.send()

    assert sender.counted("forward_rejected_items", signal="traces") == 2
    assert [vars(record)["why"] for record in caplog.records] == ["too old"]


@pytest.mark.parametrize(
    "answer",
    [
        Said(200, body=b"\xff\xff"),
        Said(200, {"content-type": "application/json"}, b"{}"),
        Said(200, body=b"x" * 2 * MIB),
        Said(204),
    ],
)
def test_an_answer_that_cannot_be_read_is_a_yes(sender: Sender, answer: Said) -> None:
    sender.receiver.says = lambda _received: answer
    sender.put(numbered(0))
    sender.send()

    assert sender.counted("forwarded_requests", signal="traces") == 1


def test_a_request_that_cannot_be_enriched_holds_up_no_other(sender: Sender) -> None:
    def enrich(request: SpooledRequest) -> bytes | Declined:
        return Declined("it is odd", "unreadable") if request.body == numbered(1) else request.body

    sender.enrich = enrich
    sender.put(numbered(0), numbered(1), numbered(2))
    sender.send()

    assert sorted(sender.receiver.span_ids()) == ids(0, 2)
    assert sender.counted("forward_dropped_requests", reason="unreadable") == 1


def test_while_the_endpoint_is_away_it_is_asked_ever_less_often_and_told_once(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    sender.receiver.says = lambda _received: Said(503)
    sender.put(numbered(0))
    began = time.monotonic()
    sender.send(until=lambda: time.monotonic() - began > 1.5)

    assert 3 <= len(sender.receiver.received) <= 5
    assert len(caplog.records) == 1
    assert sender.outbox.state().requests == 1


def test_nothing_but_what_is_small_is_joined() -> None:
    kinds = [Kind.TRACES, Kind.LOGS]
    many = [
        SpooledRequest(number, 0, kinds[number % 2], Encoding.PROTOBUF, "", bytes(size))
        for number, size in enumerate([10, 10, 2 * MIB, 10, MIB, MIB - 20, 10, 30])
    ]

    joined = [[request.id for request in parcel] for parcel in parcels(many)]

    assert joined == [[0], [1, 3, 5], [2], [4], [6], [7]]
