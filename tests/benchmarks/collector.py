"""`python -m tests.benchmarks collector`: how many spans a second a collector books, and what each costs.

The collector, embedded store and all, runs in two processes of its own, its senders in another, whose processor time is not
in the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.benchmarks.bench import Bench
from tests.benchmarks.collector_load import template
from tests.benchmarks.figure import Aim, Beside, Figure, Spread
from tests.benchmarks.measure import spread_of, wall_ms
from tests.collector.processes import Process

_TICKS = os.sysconf("SC_CLK_TCK")
_MB = 1e6
_SETTINGS = ("--set=booking.linger_seconds=1",)
_DRAINED_WITHIN_S = 600
_SYNCED_WRITES = 20
A_GIB = Aim(2**30 / _MB, "one GiB, a usual limit of a container")
_PROMPT = Aim(50, "an exporter waits for the answer; half of the load that is to be booked")


class Load(NamedTuple):
    """What is sent."""

    what: str
    spans_a_second: float
    """0 for as fast as it is taken."""
    one_in: int
    """So many spans there is one model call."""
    booked: Aim | None = None
    """What should be booked a second."""
    acknowledged: Aim | None = None
    """Within how many milliseconds the slowest of a hundred should be acknowledged."""


LOADS = (
    Load("calls, unthrottled", 0, 1, Aim(20_000, "a large platform's calls", at_least=True)),
    Load(
        "mixed, unthrottled",
        0,
        6,
        Aim(60_000, "the same calls among the other spans of a trace", at_least=True),
    ),
    Load("calls, 20,000/s", 20_000, 1),
    Load("calls, 10,000/s", 10_000, 1, acknowledged=_PROMPT),
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
    """What `collector_load` says of it."""
    booked_while_sent: float
    """Spans."""
    drained_s: float
    used: Used

    @property
    def sent_s(self) -> float:
        """How long sending took."""
        return self.sent["seconds"]

    @property
    def spans(self) -> float:
        """How many were acknowledged."""
        return self.sent["spans"]

    @property
    def backlog(self) -> float:
        """How many of them were not booked when sending ended."""
        return self.spans - self.booked_while_sent


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure each load on several collectors, each with a ledger of its own."""
    with TemporaryDirectory() as directory:
        floor = Beside("one synced write of as many bytes", synced_write_ms(Path(directory)).median)
    for load in LOADS[-1:] if bench.short else LOADS:
        seconds = bench.of(1.5, 8.0 if load.spans_a_second else 3.0)  # its backlog takes longer
        runs = [_anew(load, seconds) for _ in range(bench.of(1, 3))]
        yield from _said(load, runs, floor)


def synced_write_ms(directory: Path) -> Spread:
    """Return how long it takes to have a request's bytes on disk, without anything else."""
    encoded = template(1)
    with (directory / "synced").open("wb") as file:

        def write() -> None:
            file.write(encoded)
            file.flush()
            os.fsync(file.fileno())

        return spread_of([wall_ms(write) for _ in range(_SYNCED_WRITES)])


@contextmanager
def collecting(directory: Path) -> Iterator[Process]:
    """Run a collector whose spool and ledger are in a directory; whatever happens, it is gone afterwards."""
    collector = Process(directory / "spool", *_SETTINGS)
    try:
        yield collector
    finally:
        if collector.process.poll() is None:
            collector.kill()


def load_command(port: int, seconds: float, spans_a_second: float, one_in: int) -> list[str]:
    """Return the command that sends for so long; see `collector_load`."""
    arguments = map(str, (port, seconds, spans_a_second, one_in))
    return [sys.executable, "-m", "tests.benchmarks.collector_load", *arguments]


def processes_of(collector: Process) -> list[int]:
    """Return the ids of the process that answers, which comes first, and of the one that prices."""
    return [collector.process.pid, *_children(collector.process.pid)]


def used_by(collector: Process) -> Used:
    """Return what a collector has used so far."""
    processes = processes_of(collector)
    answers, *prices = map(_cpu_s, processes)
    peak = sum(_memory(pid, "VmHWM") for pid in processes) / _MB
    own = sum(_memory(pid, "RssAnon") for pid in processes) / _MB
    return Used(answers, sum(prices), peak, own)


def _anew(load: Load, seconds: float) -> Run:
    with TemporaryDirectory() as directory, collecting(Path(directory)) as collector:
        return _run(collector, load, seconds)


def _run(collector: Process, load: Load, seconds: float) -> Run:
    at_first = used_by(collector)
    command = load_command(collector.http, seconds, load.spans_a_second, load.one_in)
    sent = subprocess.run(command, capture_output=True, text=True, check=True)
    ended_s = time.perf_counter()
    booked = collector.metric("booked_spans_total")
    collector.until_booked(_DRAINED_WITHIN_S)
    drained_s = time.perf_counter() - ended_s
    used = used_by(collector)
    since = used._replace(
        answers_cpu_s=used.answers_cpu_s - at_first.answers_cpu_s,
        prices_cpu_s=used.prices_cpu_s - at_first.prices_cpu_s,
    )
    return Run(load, json.loads(sent.stdout), booked, drained_s, since)


def _said(load: Load, runs: Sequence[Run], floor: Beside) -> Iterator[Figure]:
    """Yield what came of some runs of one load."""

    def figure(what: str, unit: str, of: Callable[[Run], float], aim: Aim | None = None) -> Figure:
        return Figure(f"{load.what}: {what}", spread_of([*map(of, runs)]), unit, aim)

    p50, p99 = (partial(_waited_ms, name) for name in ("p50_ms", "p99_ms"))
    yield figure("acknowledged", "/s", lambda run: run.spans / run.sent_s)
    yield figure("half acknowledged within", "ms", p50)._replace(beside=floor)
    yield figure("99 % acknowledged within", "ms", p99, load.acknowledged)
    yield figure("booked", "/s", _booked_a_second, load.booked)
    made = spread_of([run.backlog / run.sent_s for run in runs]).median
    faster = Aim(made, "faster than the backlog was made", at_least=True)
    yield figure("backlog booked", "/s", _drained_a_second, faster if load.spans_a_second else None)
    yield figure("CPU a span but for pricing", "us", _answers_us)
    yield figure("CPU a span for pricing", "us", _prices_us)
    yield figure("memory of both processes", "MB", lambda run: run.used.peak_mb, A_GIB)


def _waited_ms(name: str, run: Run) -> float:
    return run.sent[name]


def _booked_a_second(run: Run) -> float:
    return run.spans / (run.sent_s + run.drained_s)


def _drained_a_second(run: Run) -> float:
    return run.backlog / max(run.drained_s, 0.01)


def _answers_us(run: Run) -> float:
    return run.used.answers_cpu_s / run.spans * 1e6


def _prices_us(run: Run) -> float:
    return run.used.prices_cpu_s / run.spans * 1e6


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int, name: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) * 1024
