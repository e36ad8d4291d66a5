"""Whatever the store does, and however senders muddle their requests, each call is in the ledger once, to the last digit.

The store is the embedded engine behind a server's wire; the collectors are processes of their own.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.clickhouse.http_front import Front, serving
from tests.collector.processes import Process
from tests.faults.kills import KILLS
from tests.faults.senders import (
    USD,
    USD_CONTRADICTED,
    Told,
    acknowledged,
    metrics,
    muddled,
    request_of,
    send_all,
    span_id,
    until_booked,
)

CALLS = 300
CONTRADICTED = 20
QUICK = ("--set=booking.linger_seconds=0.05", "--set=booking.settle_seconds=0.5")


def collector(directory: Path, dsn: str) -> Process:
    return Process(directory, *QUICK, f"--set=store.dsn={dsn}", "--set=limits.stop_seconds=30")


@pytest.fixture
def front(directory: Path) -> Iterator[Front]:
    with serving(directory) as front:
        front.client.command("DROP DATABASE IF EXISTS over_http")
        yield front


def asked(front: Front, sql: str) -> list[tuple[Any, ...]]:
    with front.one_at_a_time:
        front.client.database = "over_http"
        return [tuple(row) for row in front.client.query(sql).result_rows]


def check_ledger(front: Front, calls: int, contradicted: int) -> None:
    """Every call stands once; one that was told of in two ways stands as one of them, and the other is on record."""
    booked = dict(asked(front, "SELECT span_id, total_usd FROM costs"))
    assert asked(front, "SELECT count(), sum(sign) FROM ledger FINAL") == [(calls, calls)]
    assert set(booked) == {span_id(number) for number in range(calls)}
    certain = {booked[span_id(number)] for number in range(contradicted, calls)}
    assert certain == {USD}
    assert {booked[span_id(number)] for number in range(contradicted)} <= {USD, USD_CONTRADICTED}
    assert asked(front, "SELECT uniqExact(trace_id, span_id) FROM spans") == [(calls,)]


@pytest.mark.parametrize("seed", range(1 + KILLS // 10))
def test_two_collectors_and_a_store_that_fails_in_every_way_book_each_call_once(
    front: Front, tmp_path: Path, seed: int
) -> None:
    both = [collector(tmp_path / name, front.dsn) for name in ("one", "other")]
    now_ns = time.time_ns()
    bodies = [request_of(told, now_ns) for told in muddled(CALLS, CONTRADICTED, seed)]
    front.drop_next = 4
    front.hang_up_next = 3
    front.refuse_next = 20
    front.delay_s = 0.02

    send_all([one.http for one in both], bodies)
    for one in both:
        until_booked(one.admin)

    assert (front.drop_next, front.hang_up_next, front.refuse_next) == (0, 0, 0)
    assert [one.stop() for one in both] == [0, 0]
    check_ledger(front, CALLS, CONTRADICTED)
    contradictions = asked(front, "SELECT uniqExact(call_id) FROM findings WHERE kind = 'conflict'")
    assert 0 < contradictions[0][0] <= CONTRADICTED


def test_a_store_that_is_away_at_the_start_gets_everything_once_it_comes(
    directory: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = collector(tmp_path / "spool", f"clickhouse://127.0.0.1:{port}/over_http")
    now_ns = time.time_ns()
    assert acknowledged(process.http, request_of([Told(0), Told(1)], now_ns)) == 200
    process.says("the ledger does not take a batch yet")
    assert metrics(process.admin)["otel_costing_ledger_up"] == 0

    with serving(directory, port) as front:
        front.client.command("DROP DATABASE IF EXISTS over_http")
        assert acknowledged(process.http, request_of([Told(1), Told(2)], now_ns)) == 200
        until_booked(process.admin)
        assert metrics(process.admin)["otel_costing_ledger_up"] == 1
        assert process.stop() == 0
        check_ledger(front, 3, 0)


def test_a_store_that_goes_away_under_load_and_comes_back_misses_nothing(
    directory: Path, tmp_path: Path
) -> None:
    now_ns = time.time_ns()
    bodies = [request_of(told, now_ns) for told in muddled(CALLS, 0, 3)]
    with serving(directory) as first:
        first.client.command("DROP DATABASE IF EXISTS over_http")
        port = first.server_port
        process = collector(tmp_path / "spool", first.dsn)
        load = threading.Thread(target=send_all, args=([process.http], bodies))
        load.start()
        while not metrics(process.admin)["otel_costing_new_calls_total"]:
            time.sleep(0.02)  # between two looks at a process of its own
    load.join()

    with serving(directory, port) as again:
        until_booked(process.admin)
        assert process.stop() == 0
        check_ledger(again, CALLS, 0)
        assert asked(again, "SELECT sum(total_usd) FROM costs") == [(CALLS * Decimal("0.0045"),)]
