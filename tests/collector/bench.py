"""A spool, a ledger that fails as it is told to, and what books from one to the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.ready import ReadyBatch
from otel_costing.clickhouse.settling import SettleReport
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import RowsRefused, StoreUnavailable
from otel_costing.kept_spans import KeptSpans
from otel_costing.rates import packaged_rates
from otel_costing_collector.booking import Booking, Ledger, Pace, SealsSpool
from otel_costing_collector.dead_letters import DeadLetters
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.sealing_here import SealingHere
from otel_costing_collector.spool import Spool
from otel_costing_collector.spool_record import Kind
from otel_costing_collector.telemetry import Telemetry

MIB = 2**20
TRACE = bytes(range(16))


def calls(*span_ids: int, scope: str = "native", parent: int = 0, digest: str = "") -> bytes:
    """Return a request of one model call for each id, all of one trace."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add()
    spans.scope.name = scope
    now_ns = time.time_ns()
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "otel_costing.rates.digest": digest,
    }
    for number in span_ids:
        span = spans.spans.add(
            trace_id=TRACE,
            span_id=number.to_bytes(8),
            name="chat gpt-4o",
            start_time_unix_nano=now_ns - 10**9,
            end_time_unix_nano=now_ns,
        )
        if parent:
            span.parent_span_id = parent.to_bytes(8)
        for name, text in said.items():
            span.attributes.add(key=name).value.string_value = text
        for name, count in (("input", 1000), ("output", 200)):
            span.attributes.add(key=f"gen_ai.usage.{name}_tokens").value.int_value = count
    return request.SerializeToString()


class Faulty:
    """A ledger that fails as it is told to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outages = 0
        self.forgets_to_answer = 0
        self.settlings_fail = 0
        self.refuses_spans: set[str] = set()

    def book(self, batch: SealedBatch) -> Booked:
        """Book, or fail."""
        if self.outages:
            self.outages -= 1
            raise StoreUnavailable("it is away")
        if self.refuses_spans & {one.span_id for one in batch.entries}:
            raise RowsRefused("ledger: a value does not fit")
        booked = self.store.book(batch)
        if self.forgets_to_answer:
            self.forgets_to_answer -= 1
            raise StoreUnavailable("the connection was lost after the commit")
        return booked

    def book_ready(self, ready: ReadyBatch, rows: Callable[[], SealedBatch]) -> Booked:
        """Book, or fail, as `book` does."""
        if self.outages or self.forgets_to_answer or self.refuses_spans:
            return self.book(rows())
        return self.store.book_ready(ready, rows)

    def settle(self, **how: Any) -> SettleReport:
        """Settle, or fail as an engine does whose disk is full."""
        if self.settlings_fail:
            self.settlings_fail -= 1
            raise RuntimeError("cannot write to file")
        return self.store.settle(**how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def close(self) -> None:
        """Stay open: the test asks it yet."""


class Bench:
    """A spool, a ledger and what books from one to the other."""

    def __init__(self, directory: Path, store: Store) -> None:
        self.directory = directory
        self.spool = Spool(directory / "spool", 16 * MIB)
        self.ledger = Faulty(store)
        self.books = PricingBooks(packaged_rates())
        self.dead_letters = DeadLetters(directory / "dead")
        self.telemetry = Telemetry()
        self.booking: Booking | None = None

    def put(self, body: bytes) -> int:
        """Spool one request, as received."""
        return self.spool.append(body, Kind.TRACES, received_ns=time.time_ns()).result(10)

    def begin(
        self,
        open_ledger: Callable[[], Ledger] | None = None,
        kept: KeptSpans = KeptSpans.ALL,
        seals: SealsSpool = SealingHere,
        **pace: float,
    ) -> Booking:
        """Start to book."""
        quick = {"linger_s": 0.05, "settle_s": 0.2, **pace}
        self.booking = Booking(
            self.spool,
            open_ledger or (lambda: self.ledger),
            self.books,
            self.dead_letters,
            self.telemetry,
            Pace(**quick),  # type: ignore[arg-type]
            kept,
            seals=seals,
        )
        self.booking.start()
        return self.booking

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        patience = threading.Event()
        for _ in range(600):
            if true():
                return
            patience.wait(0.05)
        raise AssertionError("it never came")

    def until_empty(self) -> None:
        """Wait until nothing is left to book."""
        self.until(lambda: self.spool.state().requests == 0)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the engine itself."""
        return [tuple(row) for row in self.ledger.store.connection.query(sql).rows]

    def close(self) -> None:
        """Stop booking, let go of the spool."""
        if self.booking is not None:
            assert self.booking.stop(20)
        self.spool.close()
