"""How long reads take while spans arrive.

A collector with an embedded ledger in one process, senders in another, and in this one clickhouse-connect and the
`otel-costing report` command asking its SQL address: first with nothing else to do, then under load.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import clickhouse_connect

from tests.benchmarks.bench import Bench
from tests.benchmarks.collector import collecting, load_command
from tests.benchmarks.figure import Beside, Figure
from tests.benchmarks.measure import spread_of, wall_ms
from tests.collector.processes import Process

_SPANS_A_SECOND = 20_000
_WARMING_SPANS_A_SECOND = 10_000
_SUM = (
    "SELECT team, model, sum(total_usd) AS usd, sum(sign) AS calls FROM costs GROUP BY team, model"
)
_PAUSE_S = 0.02
_LEAST_READS, _LEAST_READS_SHORT = 20, 1

Reads = Mapping[str, Callable[[], Any]]


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure each read by itself, for as many seconds as spans are sent."""
    seconds, least = bench.of((0.5, _LEAST_READS_SHORT), (8.0, _LEAST_READS))
    with TemporaryDirectory() as directory, collecting(Path(directory)) as collector:
        reads = _reads(collector)
        with _loaded(collector, seconds, _WARMING_SPANS_A_SECOND):
            pass
        for what, read in reads.items():
            collector.until_booked(600)
            at_rest = _taken_ms(read, least, 0)
            with _loaded(collector, seconds, _SPANS_A_SECOND):
                taken = _taken_ms(read, least, time.monotonic() + seconds)
            yield from _said(what, taken, at_rest)


def _said(what: str, taken: list[float], at_rest: list[float]) -> Iterator[Figure]:
    beside = Beside("at rest", spread_of(at_rest).median)
    yield Figure(f"{what}, under load", spread_of(taken), "ms", beside=beside)
    slowest, slowest_at_rest = (_p99(one) for one in (taken, at_rest))
    beside = Beside("at rest", slowest_at_rest)
    yield Figure(f"{what}, the slowest hundredth", spread_of([slowest]), "ms", beside=beside)


def _reads(collector: Process) -> Reads:
    client = clickhouse_connect.get_client(host="127.0.0.1", port=collector.sql)
    return {
        "SELECT 1": lambda: client.query("SELECT 1").result_rows,
        "sum of all by team and model": lambda: client.query(_SUM).result_rows,
        "otel-costing report --by team": lambda: _report(collector),
    }


@contextmanager
def _loaded(collector: Process, seconds: float, spans_a_second: float) -> Iterator[None]:
    """Send for so long meanwhile; what is done within may take longer."""
    command = load_command(collector.http, seconds, spans_a_second, 1)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as sender:
        try:
            yield
            sender.wait()
        finally:
            sender.kill()


def _report(collector: Process) -> None:
    dsn = f"http://127.0.0.1:{collector.sql}/otel_costing"
    command = [sys.executable, "-m", "otel_costing.cli", "report", "--by", "team", "--dsn", dsn]
    subprocess.run(command, check=True, capture_output=True)


def _taken_ms(read: Callable[[], Any], least: int, until_s: float) -> list[float]:
    taken: list[float] = []
    while time.monotonic() < until_s or len(taken) < least:
        taken.append(wall_ms(read))
        time.sleep(_PAUSE_S)  # a person looks, too
    return taken


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]
