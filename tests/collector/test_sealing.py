"""What another process prices and seals is booked as if it were done here, whatever becomes of that process."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.rates import packaged_rates
from otel_costing_collector import sealing_run
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.sealing import BooksInTurn
from otel_costing_collector.sealing_process import SealingProcess
from otel_costing_collector.spool_record import SpooledRequest
from tests.collector.bench import MIB, Bench, calls

PRICE = Decimal("0.0045")
LONG = 3 * MIB
LETHAL = b"gpt-4o-lethal"
DIES_OF_IT = f"""
import os, sys
from otel_costing_collector import sealing_worker
from otel_costing_collector.sealing import Sealing
price = Sealing.add
def priced(self, request):
    if {LETHAL!r} in request.body:
        os.kill(os.getpid(), 9)
    price(self, request)
Sealing.add = priced
sealing_worker.main(int(sys.argv[1]))
"""


def children() -> Iterator[int]:
    """Yield the processes that this one has started and not waited for."""
    for task in Path("/proc/self/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def booked(bench: Bench) -> int:
    ((count,),) = bench.ask("SELECT count() FROM costs WHERE total_usd = 0.0045")
    return int(count)


def test_what_another_process_seals_is_booked_and_forgotten(bench: Bench) -> None:
    for number in range(1, 21):
        bench.put(calls(number, 100 + number))
    bench.begin(seals=SealingProcess)
    bench.until_empty()

    assert booked(bench) == 40
    counted = bench.telemetry.registry.get_sample_value
    assert counted("otel_costing_booked_calls_total", {"status": "priced"}) == 40


def test_a_process_that_dies_is_followed_by_another_and_nothing_is_lost(bench: Bench) -> None:
    restarts: list[None] = []
    before = set(children())
    bench.begin(seals=partial(SealingProcess, restarted=lambda: restarts.append(None)))
    for number in range(1, 4):
        bench.put(calls(number))
        bench.until(lambda: bool(set(children()) - before))
        for child in set(children()) - before:
            os.kill(child, signal.SIGKILL)
        bench.until(lambda: len(restarts) >= 1)
        restarts.clear()
    bench.until_empty()

    assert booked(bench) == 3


def test_a_request_that_kills_the_process_is_set_aside_and_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing_run, "_COMMAND", (sys.executable, "-c", DIES_OF_IT))
    bench.put(calls(1))
    culprit = bench.put(calls(2).replace(b"gpt-4o", LETHAL))
    bench.put(calls(3))
    bench.begin(seals=SealingProcess)
    bench.until_empty()

    assert booked(bench) == 2
    (letter,) = bench.dead_letters.list()
    assert letter.number == culprit
    assert letter.refusals[0].reason == "to price it ends the process that prices"


def test_books_that_are_read_again_price_what_comes_later(bench: Bench, tmp_path: Path) -> None:
    half = tmp_path / "half.yaml"
    half.write_text(
        "name: half\n"
        "contracts:\n"
        "  - {provider: openai, models: gpt-4o, from: 2020-01-01, discount_percent: '50', source: x, checked: 2026-01-01}\n"
    )
    cheaper, problems = packaged_rates().with_overrides(half)
    assert cheaper is not None, problems
    bench.begin(seals=SealingProcess)
    bench.put(calls(1))
    bench.until_empty()
    bench.books.use(cheaper)
    bench.put(calls(2))
    bench.until_empty()

    assert bench.ask("SELECT total_usd FROM ledger ORDER BY total_usd") == [(PRICE / 2,), (PRICE,)]


def long_call(span_id: int) -> bytes:
    """Return a request of a model call with so long a prompt that three of them are not read at once."""
    request = ExportTraceServiceRequest.FromString(calls(span_id))
    (span,) = request.resource_spans[0].scope_spans[0].spans
    span.attributes.add(key="prompt").value.string_value = "p" * LONG
    return request.SerializeToString()


def test_a_second_process_helps_with_what_one_cannot_keep_up_with(bench: Bench) -> None:
    before = set(children())
    for number in range(1, 5):
        bench.put(long_call(number))
    bench.begin(seals=partial(SealingProcess, most=2))
    bench.until(lambda: len(set(children()) - before) == 2)
    bench.until_empty()

    assert booked(bench) == 4


def test_one_process_is_enough_as_long_as_it_keeps_up(bench: Bench) -> None:
    before = set(children())
    bench.begin(seals=partial(SealingProcess, most=2))
    for number in range(1, 5):
        bench.put(long_call(number))
        bench.until_empty()

    assert booked(bench) == 4
    assert len(set(children()) - before) == 1


def test_of_two_processes_one_may_die_and_nothing_is_lost_or_booked_twice(bench: Bench) -> None:
    before = set(children())
    restarts: list[None] = []
    seals = partial(SealingProcess, most=2, restarted=lambda: restarts.append(None))
    for number in range(1, 5):
        bench.put(long_call(number))
    booking = bench.begin(seals=seals, linger_s=60)
    bench.until(lambda: len(set(children()) - before) == 2)
    os.kill(max(set(children()) - before), signal.SIGKILL)
    bench.until(lambda: len(restarts) == 1 and len(set(children()) - before) == 1)

    assert booking.stop(30)
    assert booked(bench) == 4
    assert bench.ask("SELECT count() FROM ledger") == [(4,)]


def test_where_no_second_process_can_be_started_the_first_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(children())
    bench.begin(seals=partial(SealingProcess, most=2))
    bench.until(lambda: bool(set(children()) - before))
    monkeypatch.setattr(sealing_run, "_COMMAND", ("/no/such/program",))
    for number in range(1, 5):
        bench.put(long_call(number))
    bench.until_empty()

    assert booked(bench) == 4


def test_a_spool_that_cannot_be_read_for_once_is_read_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbooked, failures = bench.spool.unbooked, [RuntimeError("the file is closed")]

    def read(*asked: int) -> list[SpooledRequest]:
        if failures:
            raise failures.pop()
        return unbooked(*asked)

    monkeypatch.setattr(bench.spool, "unbooked", read)
    bench.put(calls(1))
    bench.begin(seals=SealingProcess)
    bench.until_empty()

    assert booked(bench) == 1


def test_a_stop_waits_for_every_process(bench: Bench) -> None:
    before = set(children())
    booking = bench.begin(seals=partial(SealingProcess, most=2), linger_s=60)
    for number in range(1, 5):
        bench.put(long_call(number))
    bench.until(lambda: len(set(children()) - before) == 2)

    assert booking.stop(30)
    assert booked(bench) == 4
    assert set(children()) == before


def test_a_stop_books_what_is_at_hand_and_ends_the_process(bench: Bench) -> None:
    before = set(children())
    booking = bench.begin(seals=SealingProcess, linger_s=60)
    bench.put(calls(1, 2, 3))
    bench.until(lambda: bool(set(children()) - before))

    assert booking.stop(20)
    assert bench.spool.state().requests == 0
    assert booked(bench) == 3
    assert set(children()) == before


def test_a_stop_while_the_ledger_is_away_leaves_all_in_the_spool(bench: Bench) -> None:
    bench.ledger.outages = 10**6
    bench.put(calls(1, 2))
    booking = bench.begin(seals=SealingProcess)
    bench.until(lambda: booking.failing() != "")

    assert booking.stop(20)
    assert bench.spool.state().requests == 1


def test_books_reach_another_process_as_they_are() -> None:
    books = PricingBooks(packaged_rates())
    there = pickle.loads(pickle.dumps(books))  # noqa: S301 - our own

    assert there.current.digest == books.current.digest
    assert set(there.by_digest) == set(books.by_digest)


def test_books_keep_their_number_until_they_are_read_again() -> None:
    books = PricingBooks(packaged_rates())
    in_turn = BooksInTurn(books)
    first = in_turn.latest()
    assert in_turn.latest() is first

    books.use(packaged_rates())
    second = in_turn.latest()
    assert second.number == first.number + 1
    assert in_turn.of(first.number) is first.books
