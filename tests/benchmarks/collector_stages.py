"""What each stage of booking costs, by the processor's clock, and the floors below them, in one run.

A stage is measured over requests that are new to it, again and again, as a processor's caches and a heap of small
objects make the second time cheaper than the first.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.batch import SealedBatch, seal
from otel_costing.bookings import LARGEST_BATCH
from otel_costing.clickhouse.ready import ReadyBatch, Shape, ready_batch
from otel_costing.clickhouse.store import Store
from otel_costing.examined import Examined, examine_all, read_attributes
from otel_costing.otlp import decode_checked
from otel_costing.rates import default_rates
from tests.benchmarks.collector_load import SPANS_A_REQUEST, Renewed, template

_REQUESTS = 20
_ROUNDS = 5
_READ = read_attributes()
_Done = TypeVar("_Done")


class Stage(NamedTuple):
    """One line: where the time of a span goes."""

    what: str
    us: float
    """Of processor time, a span."""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"  {self.what:<37} {self.us:>6.1f} us"


class _Clock:
    """Adds up processor time by stage."""

    def __init__(self) -> None:
        self._spent_ns: dict[str, int] = {}

    def of(self, what: str, work: Callable[[], _Done]) -> _Done:
        """Do a work, and note what it took."""
        before_ns = time.process_time_ns()
        done = work()
        spent_ns = time.process_time_ns() - before_ns
        self._spent_ns[what] = self._spent_ns.get(what, 0) + spent_ns
        return done

    def stages(self) -> Iterator[Stage]:
        """Yield them in the order in which they were first done."""
        spans = SPANS_A_REQUEST * _REQUESTS * _ROUNDS
        for what, spent_ns in self._spent_ns.items():
            yield Stage(what, spent_ns / spans / 1000)


def stages(one_in: int) -> list[Stage]:
    """Measure them on requests of which one span in so many is a model call."""
    renewed = Renewed(template(one_in))
    clock = _Clock()
    gc.freeze()
    gc.disable()  # as in the process that prices
    try:
        with TemporaryDirectory() as directory, Store.open(f"chdb://{directory}") as store:
            store.remember_spans()
            shape = store.shape()
            store.connection.command(
                "CREATE TABLE ready AS ledger ENGINE = MergeTree ORDER BY entry_id"
            )
            for _ in range(_ROUNDS):
                _one_round([renewed.next() for _ in range(_REQUESTS)], clock, store, shape)
    finally:
        gc.enable()
        gc.unfreeze()
    return list(clock.stages())


def _one_round(bodies: list[bytes], clock: _Clock, store: Store, shape: Shape) -> None:
    clock.of("floor: parse protobuf", lambda: [*map(ExportTraceServiceRequest.FromString, bodies)])
    decoded = clock.of("decode", lambda: [decode_checked(body, _READ).spans for body in bodies])
    rates, now_ns = default_rates(), time.time_ns()
    examined: list[Examined] = clock.of(
        "read and price",
        lambda: [one for some in decoded for one in examine_all(some, rates, now_ns)],
    )
    sealed: list[SealedBatch] = clock.of(
        "settle and seal", lambda: seal(examined, rates, now_ns, largest=LARGEST_BATCH)
    )
    ready = clock.of("encode", lambda: [ready_batch(batch, shape) for batch in sealed])
    clock.of("book, in the process with the ledger", lambda: _book(store, ready, sealed))
    clock.of("floor: insert ready blocks of calls", lambda: _insert(store, ready))


def _book(store: Store, ready: list[ReadyBatch], sealed: list[SealedBatch]) -> None:
    for one, batch in zip(ready, sealed, strict=True):
        store.book_ready(one, lambda batch=batch: batch)  # type: ignore[misc]  # bound for this turn


def _insert(store: Store, ready: list[ReadyBatch]) -> None:
    for one in ready:
        for block in one.blocks or ():
            if block.table == "ledger":
                store.connection.insert_native("ready", block.columns, block.native, block.token)
