"""The spool: what it took is there after anything, in order, until it is forgotten."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing_collector.spool import Spool, SpoolFull, SpoolUnusable
from otel_costing_collector.spool_record import Encoding, Kind

MIB = 2**20


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path, 64 * MIB)
    yield opened
    opened.close()


def put(spool: Spool, body: bytes, received_ns: int = 1) -> int:
    return spool.append(body, Kind.TRACES, received_ns=received_ns).result(10)


def bodies(spool: Spool) -> list[bytes]:
    return [request.body for request in spool.unbooked()]


def test_a_request_is_read_back_as_it_was_given(spool: Spool) -> None:
    number = spool.append(
        b"{}", Kind.LOGS, encoding=Encoding.JSON, sender="team-é", received_ns=7
    ).result(10)

    (request,) = spool.unbooked()

    assert request == (number, 7, Kind.LOGS, Encoding.JSON, "team-é", b"{}")


def test_requests_come_in_the_order_of_their_receipt(spool: Spool) -> None:
    waiting = [spool.append(b"%d" % n, Kind.TRACES, received_ns=n) for n in range(500)]

    numbers = [one.result(10) for one in waiting]

    assert sorted(numbers) == numbers
    assert [b"%d" % n for n in range(500)] == bodies(spool)


def test_a_reader_gets_them_in_portions_and_always_one(spool: Spool) -> None:
    numbers = [put(spool, b"x" * 1000) for _ in range(4)]

    assert numbers[:1] == [one.id for one in spool.unbooked(most_bytes=1)]
    assert numbers[1:3] == [one.id for one in spool.unbooked(numbers[0], most_bytes=2500)]


def test_what_is_forgotten_is_gone_and_the_rest_stays(spool: Spool) -> None:
    numbers = [put(spool, body) for body in (b"a", b"b", b"c")]

    spool.forget([numbers[0], numbers[2], 999])

    assert bodies(spool) == [b"b"]


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    """The ledger may know a batch by them."""
    spool = Spool(tmp_path, MIB)
    numbers = [put(spool, b"x") for _ in range(3)]
    spool.forget(numbers)
    spool.close()

    again = Spool(tmp_path, MIB)
    following = put(again, b"y")
    again.close()

    assert following > max(numbers)


def test_it_is_all_there_after_closing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    put(spool, b"kept", received_ns=5)
    spool.close()

    again = Spool(tmp_path, MIB)
    kept, state = bodies(again), again.state()
    again.close()

    assert kept == [b"kept"]
    assert (state.requests, state.oldest_ns) == (1, 5)


def test_what_it_takes_is_counted_in_pages_and_the_same_after_closing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    kept, gone = put(spool, b"x" * 10_000), put(spool, b"y" * 100)
    spool.forget([gone])
    before = spool.state()
    spool.close()

    again = Spool(tmp_path, MIB)
    after = again.state()
    again.forget([kept])
    emptied = again.state()
    again.close()

    assert before == after
    assert before.bytes == (1 + 3) * 4096  # the page that names it, and its own
    assert (emptied.requests, emptied.bytes) == (0, 0)


def test_the_oldest_is_known_and_none_is_not_zero(spool: Spool) -> None:
    assert spool.state().oldest_ns is None

    first, _ = put(spool, b"a", received_ns=10), put(spool, b"b", received_ns=20)
    assert spool.state().oldest_ns == 10

    spool.forget([first])
    assert spool.state().oldest_ns == 20


def test_a_full_spool_refuses_for_a_second_and_takes_again_once_some_is_forgotten(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path, 4 * MIB)
    waiting = [spool.append(b"x" * 200_000, Kind.TRACES, received_ns=1) for _ in range(30)]
    numbers = [one.result(10) for one in waiting if one.exception(10) is None]

    refused = waiting[-1].exception(10)
    assert isinstance(refused, SpoolFull)
    assert refused.retry_seconds <= 2
    assert len(numbers) >= 15
    assert len(numbers) == spool.state().requests

    spool.forget(numbers[:2])
    assert put(spool, b"x" * 200_000) > numbers[-1]
    spool.close()


def test_what_waits_to_be_written_counts_as_full(spool: Spool) -> None:
    """Else a burst would be promised more room than there is."""
    waiting = [spool.append(b"x" * MIB, Kind.TRACES, received_ns=1) for _ in range(100)]

    refused = [one.exception(20) for one in waiting]

    assert 55 <= sum(error is None for error in refused) <= 64
    assert {SpoolFull} == {type(error) for error in refused if error is not None}


def test_its_file_does_not_grow_while_requests_come_and_go(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 256 * MIB)
    sizes = []
    for _ in range(20):
        spool.forget([put(spool, b"x" * 500_000) for _ in range(4)])
        sizes.append((tmp_path / "data.mdb").stat().st_size)
    spool.close()

    assert sizes[-1] < 12 * MIB
    assert sizes[-1] <= sizes[4] * 2


def test_a_second_process_is_told_who_holds_it(spool: Spool, tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from otel_costing_collector.spool import Spool; Spool(Path(sys.argv[1]), 2**20)"
    second = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert second.returncode == 1
    assert "is held by process" in second.stderr
    assert not spool.ailing()


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no directory")

    with pytest.raises(SpoolUnusable, match="cannot hold a spool"):
        Spool(file / "spool", MIB)


def test_who_waits_for_more_is_woken(spool: Spool) -> None:
    woken: list[bool] = []
    waiter = threading.Thread(target=lambda: woken.append(spool.wait_for_more(-1, 10)))
    waiter.start()
    began = time.monotonic()

    put(spool, b"x")
    waiter.join()

    assert woken == [True]
    assert time.monotonic() - began < 5
    assert not spool.wait_for_more(0, 0)


def test_after_it_closed_it_takes_nothing_and_closing_twice_is_safe(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MIB)
    spool.close()
    spool.close()

    with pytest.raises(SpoolFull):
        put(spool, b"late")
    with pytest.raises(SpoolUnusable):
        spool.unbooked()


def test_commits_are_reported_with_their_size(tmp_path: Path) -> None:
    told: list[tuple[int, float]] = []
    spool = Spool(tmp_path, MIB, committed=lambda size, seconds: told.append((size, seconds)))
    put(spool, b"12345")
    spool.close()

    assert [size for size, _ in told] == [5]
