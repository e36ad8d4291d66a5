"""Requests are dealt in order, each once, to one process as long as it keeps up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing_collector.dealing import Dealing
from otel_costing_collector.spool import Spool
from otel_costing_collector.spool_record import Kind, SpooledRequest
from tests.collector.bench import MIB

ONE, OTHER = "one", "other"


class Dealt:
    """A spool and what is dealt from it."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.finishing = threading.Event()
        self.dealing = Dealing(spool, self.finishing)

    def put(self, size: int = 100) -> int:
        """Spool a request."""
        stored = self.spool.append(b"x" * size, Kind.TRACES, received_ns=time.time_ns())
        return stored.result(10)

    def to(self, who: object) -> list[int] | None:
        """Deal without waiting, and return the numbers."""
        dealt: list[SpooledRequest] | None = self.dealing.next(who, 0)
        return None if dealt is None else [request.id for request in dealt]


@pytest.fixture
def dealt(tmp_path: Path) -> Iterator[Dealt]:
    spool = Spool(tmp_path / "spool", 64 * MIB)
    yield Dealt(spool)
    spool.close()


def test_requests_are_dealt_in_the_order_of_receipt_and_once(dealt: Dealt) -> None:
    numbers = [dealt.put() for _ in range(3)]

    assert dealt.to(ONE) == numbers
    assert dealt.to(ONE) == []


def test_who_keeps_up_is_dealt_all_of_it(dealt: Dealt) -> None:
    dealt.put()
    assert dealt.to(ONE) != []
    later = dealt.put()

    assert dealt.to(OTHER) == []
    assert dealt.to(ONE) == [later]
    assert not dealt.dealing.behind.is_set()


def test_what_is_more_than_is_read_at_once_goes_to_another(dealt: Dealt) -> None:
    first, second, third, fourth = (dealt.put(3 * MIB) for _ in range(4))

    assert dealt.to(ONE) == [first, second]
    assert dealt.to(OTHER) == [third, fourth]
    assert dealt.dealing.behind.is_set()


def test_once_it_finishes_everyone_is_told_that_nothing_is_left(dealt: Dealt) -> None:
    last = dealt.put()
    assert dealt.to(ONE) == [last]
    dealt.finishing.set()

    assert dealt.to(ONE) is None
    assert dealt.to(OTHER) is None
