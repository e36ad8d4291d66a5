"""What each stage of booking costs, by the processor's clock, and the floors below them, in one run.

A stage is measured over requests that are new to it, again and again, as a processor's caches and a heap of small
objects make the second time cheaper than the first.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from tempfile import TemporaryDirectory
from typing import TypeVar

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.batch import SealedBatch, seal
from otel_costing.bookings import LARGEST_BATCH
from otel_costing.clickhouse.ready import ReadyBatch, Shape, ready_batch
from otel_costing.clickhouse.store import Store
from otel_costing.examined import Examined, examine_all, read_attributes
from otel_costing.otlp import decode_checked
from otel_costing.rates import default_rates
from tests.benchmarks.bench import Bench
from tests.benchmarks.collector_load import SPANS_A_REQUEST, Renewed, template
from tests.benchmarks.figure import Beside, Figure, Spread
from tests.benchmarks.measure import spread_of

_REQUESTS = 20
_ROUNDS = 5
_READ = read_attributes()
_Done = TypeVar("_Done")
_PARSE, _DECODE = "parsing protobuf alone", "decode"
_INSERT, _BOOK = "inserting ready blocks of calls alone", "book"
_FLOORS = {_DECODE: _PARSE, _BOOK: _INSERT}


class _Clock:
    """Notes processor time by stage and round."""

    def __init__(self) -> None:
        self.spent_ns: dict[str, list[int]] = {}
        """By stage, in the order in which they were first done."""

    def of(self, what: str, work: Callable[[], _Done]) -> _Done:
        """Do a work, and note what it took."""
        before_ns = time.process_time_ns()
        done = work()
        self.spent_ns.setdefault(what, []).append(time.process_time_ns() - before_ns)
        return done


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure them on requests of model calls, and on such of which one span in six is one."""
    amounts = bench.of((2, 8), (_ROUNDS, _REQUESTS))
    for one_in, spans in ((1, "calls"), (6, "mixed")):
        yield from _said(stages(one_in, *amounts), spans)


def _said(spreads: Mapping[str, Spread], spans: str) -> Iterator[Figure]:
    for what, spread in spreads.items():
        if what not in _FLOORS.values():
            floor = _FLOORS.get(what)
            beside = Beside(floor, spreads[floor].median) if floor else None
            yield Figure(f"{what}, {spans}", spread, "us", beside=beside)


def stages(one_in: int, rounds: int = _ROUNDS, requests: int = _REQUESTS) -> dict[str, Spread]:
    """Measure them on requests of which one span in so many is a model call.

    Returns:
        Microseconds of processor time a span, by stage.
    """
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
            for _ in range(rounds):
                _one_round([renewed.next() for _ in range(requests)], clock, store, shape)
    finally:
        gc.enable()
        gc.unfreeze()
    spans = requests * SPANS_A_REQUEST
    return {
        what: spread_of([one / spans / 1000 for one in spent])
        for what, spent in clock.spent_ns.items()
    }


def _one_round(bodies: list[bytes], clock: _Clock, store: Store, shape: Shape) -> None:
    clock.of(_PARSE, lambda: [*map(ExportTraceServiceRequest.FromString, bodies)])
    decoded = clock.of(_DECODE, lambda: [decode_checked(body, _READ).spans for body in bodies])
    rates, now_ns = default_rates(), time.time_ns()
    examined: list[Examined] = clock.of(
        "read and price",
        lambda: [one for some in decoded for one in examine_all(some, rates, now_ns)],
    )
    sealed: list[SealedBatch] = clock.of(
        "settle and seal", lambda: seal(examined, rates, now_ns, largest=LARGEST_BATCH)
    )
    ready = clock.of("encode", lambda: [ready_batch(batch, shape) for batch in sealed])
    clock.of(_BOOK, lambda: _book(store, ready, sealed))
    clock.of(_INSERT, lambda: _insert(store, ready))


def _book(store: Store, ready: list[ReadyBatch], sealed: list[SealedBatch]) -> None:
    for one, batch in zip(ready, sealed, strict=True):
        store.book_ready(one, lambda batch=batch: batch)  # type: ignore[misc]  # bound for this turn


def _insert(store: Store, ready: list[ReadyBatch]) -> None:
    for one in ready:
        for block in one.blocks or ():
            if block.table == "ledger":
                store.connection.insert_native("ready", block.columns, block.native, block.token)
