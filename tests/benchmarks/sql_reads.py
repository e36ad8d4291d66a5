"""`python -m tests.benchmarks.sql_reads [SECONDS] [SPANS_A_SECOND]`: how long reads take while spans arrive.

A collector with an embedded ledger in one process, senders in another, and in this one clickhouse-connect and the
`otel-costing report` command asking its SQL address: first with nothing else to do, then under load.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import clickhouse_connect

from tests.benchmarks.collector_load import SPANS_A_REQUEST
from tests.collector.processes import Process

_SETTINGS = ("--set=booking.linger_seconds=1", "--set=limits.stop_seconds=60")
_WARMING_SPANS = 40 * SPANS_A_REQUEST
_SUM = (
    "SELECT team, model, sum(total_usd) AS usd, sum(sign) AS calls FROM costs GROUP BY team, model"
)
_PAUSE_S = 0.02
_LEAST_READS = 20


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 20_000.0
    with TemporaryDirectory() as directory:
        collector = Process(Path(directory) / "spool", *_SETTINGS)
        try:
            for line in _measured(collector, seconds, rate):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
        finally:
            collector.kill()


def _measured(collector: Process, seconds: float, rate: float) -> Iterator[str]:
    _sent(_load(collector, 2.0, _WARMING_SPANS / 2))
    collector.until_booked(600)
    client = clickhouse_connect.get_client(host="127.0.0.1", port=collector.sql)
    reads: dict[str, Callable[[], Any]] = {
        "clickhouse-connect, SELECT 1": lambda: client.query("SELECT 1").result_rows,
        "clickhouse-connect, sum of all": lambda: client.query(_SUM).result_rows,
        "otel-costing report --by team": lambda: _report(collector),
    }
    for what, read in reads.items():
        yield f"at rest, {what}: {_timed(read, time.monotonic())}"
    for what, read in reads.items():
        load = _load(collector, seconds, rate)
        told = _timed(read, time.monotonic() + seconds)
        said = _sent(load)
        yield (
            f"while {said['spans'] / seconds:,.0f} spans/s are acknowledged (p99 {said['p99_ms']:.0f} ms), "
            f"{what}: {told}"
        )
    rows = client.query("SELECT count() FROM ledger").result_rows[0][0]
    yield f"entries in the ledger by then: {rows:,}"


def _load(collector: Process, seconds: float, rate: float) -> subprocess.Popen[str]:
    arguments = map(str, (collector.http, seconds, rate, 1))
    command = [sys.executable, "-m", "tests.benchmarks.collector_load", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _sent(load: subprocess.Popen[str]) -> dict[str, float]:
    out, _ = load.communicate()
    said: dict[str, float] = json.loads(out)
    return said


def _report(collector: Process) -> None:
    dsn = f"http://127.0.0.1:{collector.sql}/otel_costing"
    command = [sys.executable, "-m", "otel_costing.cli", "report", "--by", "team", "--dsn", dsn]
    subprocess.run(command, check=True, capture_output=True)


def _timed(read: Callable[[], Any], until_s: float) -> str:
    taken_ms: list[float] = []
    while time.monotonic() < until_s or len(taken_ms) < _LEAST_READS:
        began_s = time.perf_counter()
        read()
        taken_ms.append((time.perf_counter() - began_s) * 1000)
        time.sleep(_PAUSE_S)  # a person looks, too
    taken_ms.sort()
    p50, p99 = (taken_ms[len(taken_ms) * part // 100] for part in (50, 99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms of {len(taken_ms)} reads"


if __name__ == "__main__":
    main()
