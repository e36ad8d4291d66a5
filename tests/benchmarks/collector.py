"""`python -m tests.benchmarks.collector [SECONDS]`: how many spans a second a collector books, and what each costs.

The collector, embedded store and all, runs in two processes of its own, its senders in another, whose processor time is
printed beside it and not in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.benchmarks.collector_stages import stages
from tests.collector.processes import Process

_TICKS = os.sysconf("SC_CLK_TCK")
_MB = 1e6
_SETTINGS = ("--set=booking.linger_seconds=1", "--set=limits.stop_seconds=60")


class Load(NamedTuple):
    """What is sent."""

    what: str
    spans_a_second: float
    """0 for as fast as it is taken."""
    one_in: int
    """So many spans there is one model call."""


LOADS = (
    Load("model calls, as fast as they are taken", 0, 1),
    Load("one in six a model call, as fast as they are taken", 0, 6),
    Load("model calls, 20,000 a second", 20_000, 1),
    Load("model calls, 10,000 a second", 10_000, 1),
)


class Used(NamedTuple):
    """What the two processes of a collector have used so far."""

    answers_cpu_s: float
    prices_cpu_s: float
    peak_mb: float
    """The most that both had resident, files that are mapped among it."""
    own_mb: float
    """Of that what no file backs, now."""


class Run(NamedTuple):
    """One load on one collector."""

    load: Load
    sent: dict[str, float]
    sent_s: float
    booked_while_sent: float
    """Spans."""
    drained_s: float
    used: Used

    def lines(self) -> Iterator[str]:
        """Say it."""
        spans, sent = self.sent["spans"], self.sent
        left = spans - self.booked_while_sent
        yield f"{self.load.what}: {spans:,.0f} spans in {self.sent_s:.0f} s"
        yield (
            f"  acknowledged {spans / self.sent_s:,.0f}/s, p50 {sent['p50_ms']:.1f} ms, p99 {sent['p99_ms']:.1f} ms, "
            f"{sent['refused']:.0f} refused"
        )
        yield (
            f"  booked {self.booked_while_sent / self.sent_s:,.0f}/s meanwhile; the other {left:,.0f} in "
            f"{self.drained_s:.1f} s, {left / max(self.drained_s, 0.01):,.0f}/s; "
            f"all {spans / (self.sent_s + self.drained_s):,.0f}/s"
        )
        answers, prices = self.used.answers_cpu_s, self.used.prices_cpu_s
        yield (
            f"  CPU a span: answers, spool and ledger {answers / spans * 1e6:.1f} us, prices {prices / spans * 1e6:.1f} us; "
            f"its sender {sent['cpu_s'] / spans * 1e6:.1f} us"
        )
        yield f"  memory: at most {self.used.peak_mb:,.0f} MB, {self.used.own_mb:,.0f} MB of it no file's at the end"


def lines(seconds: float, loads: tuple[Load, ...] = LOADS) -> Iterator[str]:
    """Measure, and yield what to print."""
    for one_in, what in ((1, "model calls of 25 attributes"), (6, "one in six a model call")):
        yield f"CPU a span by stage, {what}"
        yield from map(str, stages(one_in))
    for load in loads:
        with TemporaryDirectory() as directory:
            yield from _run(Path(directory), load, seconds).lines()


def _run(directory: Path, load: Load, seconds: float) -> Run:
    collector = Process(directory / "spool", *_SETTINGS)
    at_first, began_s = _used(collector), time.perf_counter()
    arguments = (collector.http, seconds, load.spans_a_second, load.one_in)
    sent = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.collector_load", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    sent_s = time.perf_counter() - began_s
    booked = collector.metric("booked_spans_total")
    collector.until_booked(3600)
    drained_s = time.perf_counter() - began_s - sent_s
    used = _used(collector)
    collector.stop()
    since = used._replace(
        answers_cpu_s=used.answers_cpu_s - at_first.answers_cpu_s,
        prices_cpu_s=used.prices_cpu_s - at_first.prices_cpu_s,
    )
    return Run(load, json.loads(sent.stdout), sent_s, booked, drained_s, since)


def _used(collector: Process) -> Used:
    processes = [collector.process.pid, *_children(collector.process.pid)]
    answers, *prices = map(_cpu_s, processes)
    peak = sum(_memory(pid, "VmHWM") for pid in processes) / _MB
    own = sum(_memory(pid, "RssAnon") for pid in processes) / _MB
    return Used(answers, sum(prices), peak, own)


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int, name: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) * 1024


def main() -> None:
    """Measure and print."""
    for line in lines(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
