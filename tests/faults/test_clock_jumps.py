"""A clock that jumps by hours while spans wait, are settled and booked: nothing is lost, doubled or held up."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import cycle

import pytest

from otel_costing_collector.spool_record import Kind
from tests.collector.bench import Bench
from tests.faults.senders import Told, request_of

HOUR_NS = 3_600 * 10**9


def put(bench: Bench, number: int, ended_ns: int, received_ns: int) -> None:
    body = request_of([Told(number)], ended_ns)
    bench.spool.append(body, Kind.TRACES, received_ns=received_ns).result(10)


def test_what_is_received_by_a_clock_hours_ahead_or_behind_is_booked_at_a_time_that_it_names(
    bench: Bench,
) -> None:
    now_ns = time.time_ns()
    put(bench, 0, now_ns, received_ns=now_ns)
    put(bench, 1, now_ns, received_ns=now_ns + 3 * HOUR_NS)
    put(bench, 2, now_ns, received_ns=now_ns - 3 * HOUR_NS)
    put(bench, 3, now_ns, received_ns=now_ns + 40 * 24 * HOUR_NS)
    bench.begin()
    bench.until_empty()

    booked = bench.ask(
        "SELECT toUnixTimestamp64Nano(occurred_at), has(assumptions, 'assumed_time') FROM ledger ORDER BY span_id"
    )
    assert booked == [
        (now_ns, 0),
        (now_ns, 0),
        (now_ns - 3 * HOUR_NS, 1),
        (now_ns + 40 * 24 * HOUR_NS, 1),
    ]


def test_a_wall_clock_that_jumps_to_and_fro_holds_up_no_booking_and_doubles_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = time.time_ns
    jumps = cycle((0, 5 * HOUR_NS, -5 * HOUR_NS, 0, -HOUR_NS))
    monkeypatch.setattr(time, "time_ns", lambda: right() + next(jumps))
    now_ns = right()
    began = time.monotonic()
    bench.begin(settle_s=0.05)
    for number in range(30):
        put(bench, number, now_ns, received_ns=time.time_ns())
        put(bench, number, now_ns, received_ns=time.time_ns())
    bench.until_empty()
    monkeypatch.undo()

    assert time.monotonic() - began < 30
    assert bench.ask("SELECT sum(sign), uniqExact(call_id) FROM ledger FINAL") == [(30, 30)]
    assert bench.ask("SELECT sum(total_usd) FROM costs") == [(30 * Decimal("0.0045"),)]
