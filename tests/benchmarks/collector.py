"""`python -m tests.benchmarks.collector [SECONDS]`: how many spans a second a collector books, and what each costs.

The collector, embedded store and all, runs in one process, its senders in another, whose processor time is printed
beside it. The floors are measured in the same run: parsing alone, and inserting ready columns alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.batch import Examined, SealedBatch, examine, seal
from otel_costing.clickhouse import columns
from otel_costing.clickhouse.store import Store
from otel_costing.otlp import decode
from otel_costing.rates import default_rates
from tests.benchmarks.collector_load import SPANS_A_REQUEST, Renewed, template
from tests.collector.processes import Process

_TICKS = os.sysconf("SC_CLK_TCK")
_STAGED_REQUESTS = 20
_SETTINGS = ("--set=booking.linger_seconds=1", "--set=limits.stop_seconds=60")


class Run(NamedTuple):
    """One load on one collector."""

    what: str
    spans: int
    sent_s: float
    booked_s: float
    collector_cpu_s: float
    load: dict[str, float]
    peak_mb: float

    def __str__(self) -> str:
        """Say it in three lines."""
        each_us = self.collector_cpu_s / self.spans * 1e6
        return (
            f"{self.what}: {self.spans:,} spans\n"
            f"  acknowledged {self.spans / self.sent_s:,.0f}/s, p50 {self.load['p50_ms']:.1f} ms, p99 "
            f"{self.load['p99_ms']:.1f} ms, {self.load['refused']:.0f} refused; "
            f"booked {self.spans / self.booked_s:,.0f}/s\n"
            f"  collector {each_us:.1f} us of CPU a span, senders {self.load['cpu_s'] / self.spans * 1e6:.1f} us; "
            f"peak {self.peak_mb:.0f} MB"
        )


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    for line in _stages():
        sys.stdout.write(f"{line}\n")
    loads = (
        ("model calls", 0.0, 1),
        ("one in six a model call", 0.0, 6),
        ("half the aim", 10_000.0, 1),
    )
    for what, rate, one_in in loads:
        with TemporaryDirectory() as directory:
            sys.stdout.write(f"{_run(Path(directory), what, seconds, rate, one_in)}\n")
            sys.stdout.flush()


def _run(directory: Path, what: str, seconds: float, rate: float, one_in: int) -> Run:
    collector = Process(directory / "spool", *_SETTINGS)
    before_s, cpu_before_s = time.perf_counter(), _cpu_s(collector.process.pid)
    arguments = (collector.http, seconds, rate, one_in)
    sent = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.collector_load", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    sent_s = time.perf_counter() - before_s
    collector.until_booked(3600)
    booked_s = time.perf_counter() - before_s
    load: dict[str, float] = json.loads(sent.stdout)
    run = Run(
        what,
        int(load["spans"]),
        sent_s,
        booked_s,
        _cpu_s(collector.process.pid) - cpu_before_s,
        load,
        collector.memory("VmHWM") / 1e6,
    )
    collector.stop()
    return run


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _stages() -> Iterator[str]:
    """Yield what each stage costs, by the processor's clock, and the floors below it."""
    renewed = Renewed(template(1))
    bodies = [renewed.next() for _ in range(_STAGED_REQUESTS)]
    spans = SPANS_A_REQUEST * _STAGED_REQUESTS
    rates = default_rates()
    examined: list[Examined] = []
    sealed: list[SealedBatch] = []

    def parse() -> None:
        for body in bodies:
            ExportTraceServiceRequest.FromString(body)

    def read() -> None:
        for body in bodies:
            examined.extend(examine(one, rates, time.time_ns()) for one in decode(body).spans)

    def settle() -> None:
        sealed.extend(seal(examined, rates, time.time_ns(), largest=10_000))

    with TemporaryDirectory() as directory, Store.open(f"chdb://{directory}") as store:

        def book() -> None:
            for batch in sealed:
                store.book(batch)

        work = (
            ("floor: parse protobuf", parse),
            ("decode, read, price", read),
            ("settle and seal", settle),
            ("book: key guard, columns, insert", book),
            ("floor: insert ready columns", _ready_insert(store, sealed)),
        )
        for what, stage in work:
            before_ns = time.process_time_ns()
            stage()
            yield f"{what:<35} {(time.process_time_ns() - before_ns) / spans / 1000:>7.1f} us of CPU a span"


def _ready_insert(store: Store, sealed: list[SealedBatch]) -> Callable[[], None]:
    def insert() -> None:
        entries = [entry for batch in sealed for entry in batch.entries]
        ready = columns.entry_columns(entries, "ready", ["2026-11"] * len(entries))
        store.connection.command(
            "CREATE TABLE ready AS ledger ENGINE = MergeTree ORDER BY entry_id"
        )
        store.connection.insert("ready", ready, "of ready columns")

    return insert


if __name__ == "__main__":
    main()
