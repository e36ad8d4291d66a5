"""How much memory a collector has after longer and longer runs, and reports of longer and longer ledgers."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from otel_costing.clickhouse.store import Store
from tests.benchmarks.bench import Bench
from tests.benchmarks.collector import A_GIB, Used, collecting, load_command, used_by
from tests.benchmarks.figure import Beside, Figure, Spread
from tests.benchmarks.measure import spread_of
from tests.benchmarks.peak import measured
from tests.benchmarks.series import Series
from tests.collector.processes import Process

_SPANS_A_SECOND = 10_000
_LENGTHS_SHORT, _LENGTHS = (1, 2, 3), (15, 30, 60)
"""Seconds."""
_PEAK = Series("collector, {size} s of 10,000 calls/s: at most", "MB", "seconds", aim=A_GIB)
_OWN = Series("collector, {size} s of 10,000 calls/s: no file's", "MB", "seconds")
_OF_DAYS = Series("report by day and team, {size} calls: at most", "MB", "calls")
_OF_SESSIONS = Series("report by day and session, {size} calls: at most", "MB", "calls")


def figures(bench: Bench) -> Iterator[Figure]:
    """Look at each report's process when it ends, and at both processes of one collector while it runs."""
    empty = Beside("of an empty ledger", _of_an_empty_ledger())
    reports = ((_OF_DAYS, "day,team"), (_OF_SESSIONS, "day,session_id"))
    for series, by in bench.of(reports[:1], reports):
        peaks = series.figures(bench.ledgers.sizes(), partial(_of_a_report, bench, by))
        yield from (peak._replace(beside=empty) for peak in peaks)
    lengths = bench.of(_LENGTHS_SHORT, _LENGTHS)
    used = _while_it_runs(lengths)
    yield from _PEAK.figures(lengths, lambda at_s: spread_of([used[at_s].peak_mb]))
    yield from _OWN.figures(lengths, lambda at_s: spread_of([used[at_s].own_mb]))


def _while_it_runs(lengths_s: tuple[int, ...]) -> dict[int, Used]:
    """Send for the longest of some lengths, and look when each of them is over."""
    with TemporaryDirectory() as directory, collecting(Path(directory)) as collector:
        return _under_load(collector, lengths_s)


def _under_load(collector: Process, lengths_s: tuple[int, ...]) -> dict[int, Used]:
    began_s = time.monotonic()
    command = load_command(collector.http, max(lengths_s) + 1, _SPANS_A_SECOND, 1)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as sender:
        try:
            return {at_s: _used_at(collector, began_s + at_s) for at_s in lengths_s}
        finally:
            sender.kill()


def _used_at(collector: Process, at_s: float) -> Used:
    time.sleep(max(at_s - time.monotonic(), 0))  # the length that is asked about
    return used_by(collector)


def _of_a_report(bench: Bench, by: str, calls: int) -> Spread:
    return spread_of([_peak_mb(bench.ledgers.dsn(calls), by)])


def _peak_mb(dsn: str, by: str) -> float:
    return measured("report", "--by", by, "--format", "csv", "--dsn", dsn).peak_mb


def _of_an_empty_ledger() -> float:
    with TemporaryDirectory() as directory:
        dsn = f"chdb://{directory}/ledger"
        Store.open(dsn).close()
        return _peak_mb(dsn, "day,team")
