"""What waits to be sent on is durable, bounded, and filled before booking forgets it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from otel_costing_collector.forwarding.outbox import Outbox
from otel_costing_collector.forwarding.taking import Taking
from otel_costing_collector.spool import Spool, SpoolFull
from otel_costing_collector.spool_record import Encoding, Kind, SpooledRequest
from tests.collector.exports import numbered, traces

MIB = 2**20


def requests(*sizes: int) -> list[SpooledRequest]:
    return [
        SpooledRequest(
            number, time.time_ns(), Kind.TRACES, Encoding.PROTOBUF, "", numbered(number, size)
        )
        for number, size in enumerate(sizes)
    ]


def test_a_full_outbox_drops_the_oldest_and_counts_them(tmp_path: Path) -> None:
    dropped: list[int] = []
    outbox = Outbox(tmp_path, 32 * MIB, dropped.append)
    sent = requests(*[MIB] * 40)
    for request in sent:
        outbox.put([request])
    kept = []
    while oldest := outbox.oldest():
        kept += [request.body for request in oldest]
        outbox.forget(oldest)
    outbox.close()

    assert kept == [request.body for request in sent[sum(dropped) :]]
    assert 8 <= sum(dropped) <= 16


class Pair(NamedTuple):
    """A spool and the outbox that takes from it."""

    spool: Spool
    outbox: Outbox
    lost: list[int]

    def put(self, body: bytes, kind: Kind = Kind.TRACES) -> int:
        """Acknowledge a request."""
        return self.spool.append(body, kind, received_ns=time.time_ns()).result(10)

    def taking(self) -> Taking:
        """Begin to take."""
        begun = Taking(self.spool, self.outbox, self.lost.append)
        begun.start()
        return begun


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    opened = Pair(
        Spool(tmp_path / "spool", 64 * MIB), Outbox(tmp_path / "outbox", 64 * MIB, _never), []
    )
    yield opened
    opened.spool.close()
    opened.outbox.close()


def _never(_requests: int) -> None:
    raise AssertionError("nothing is to be dropped")


def test_a_request_may_be_forgotten_once_it_is_in_the_outbox(pair: Pair) -> None:
    taking = pair.taking()
    numbers = [pair.put(numbered(number)) for number in range(3)]

    assert taking.wait_for(numbers)
    assert [one.body for one in pair.outbox.oldest()] == [numbered(number) for number in range(3)]
    taking.stop()


def test_usage_that_came_by_rest_is_no_otlp_and_is_not_taken(pair: Pair) -> None:
    taking = pair.taking()

    assert taking.wait_for([pair.put(b"{}", Kind.USAGE)])
    assert pair.outbox.oldest() == []
    taking.stop()


def test_it_waits_for_what_was_not_taken_yet(pair: Pair) -> None:
    number = pair.put(traces())
    taking = Taking(pair.spool, pair.outbox, pair.lost.append)
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(taking.wait_for([number])))
    waiting.start()
    waiting.join(0.5)
    assert answers == []

    taking.start()
    waiting.join(10)

    assert answers == [True]
    taking.stop()


def test_what_a_stop_kept_out_of_the_outbox_may_not_be_forgotten(pair: Pair) -> None:
    taking = pair.taking()
    taking.stop()
    number = pair.put(traces())

    assert not taking.wait_for([number])
    assert pair.lost == []


def test_after_a_restart_nothing_is_taken_twice(pair: Pair) -> None:
    first = pair.taking()
    assert first.wait_for([pair.put(numbered(0))])
    first.stop()
    second = pair.taking()
    assert second.wait_for([pair.put(numbered(1))])
    second.stop()

    assert [one.body for one in pair.outbox.oldest()] == [numbered(0), numbered(1)]


@pytest.mark.parametrize("position", ["", "nonsense", "999999"])
def test_a_position_that_cannot_be_true_is_not_believed(
    pair: Pair, tmp_path: Path, position: str
) -> None:
    """The spool was replaced, or the machine lost power while the position was written."""
    (tmp_path / "outbox" / "position").write_text(position)
    taking = pair.taking()

    assert taking.wait_for([pair.put(traces())])
    assert len(pair.outbox.oldest()) == 1
    taking.stop()


def test_a_disk_that_fails_the_outbox_holds_up_booking_for_a_while_only(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel_costing_collector.forwarding.taking._PATIENCE_S", 0.5)
    monkeypatch.setattr(pair.outbox, "put", _fail)
    taking = pair.taking()
    numbers = [pair.put(numbered(number)) for number in range(2)]

    assert taking.wait_for(numbers)
    assert pair.lost == [2]
    assert taking.ailing() == ""
    pair.spool.forget(numbers)
    monkeypatch.undo()
    assert taking.wait_for([pair.put(numbered(2))])
    assert [one.body for one in pair.outbox.oldest()] == [numbered(2)]
    taking.stop()


def test_what_is_booked_later_than_what_was_lost_is_still_taken(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel_costing_collector.forwarding.taking._PATIENCE_S", 0.5)
    monkeypatch.setattr(pair.outbox, "put", _fail)
    taking = pair.taking()
    first, second, *later = (pair.put(numbered(number)) for number in range(4))

    assert taking.wait_for(later)
    pair.spool.forget(later)
    monkeypatch.undo()
    assert taking.wait_for([first, second])
    assert [one.body for one in pair.outbox.oldest()] == [numbered(0), numbered(1)]
    assert pair.lost == [2]
    taking.stop()


def _fail(_requests: object) -> None:
    raise SpoolFull("the disk is full")
