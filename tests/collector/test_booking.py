"""What lies in the spool is booked once, settled first, whatever the ledger does meanwhile; then it is forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.settling import SettleReport
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import RowsRefused, StoreUnavailable
from otel_costing.kept_spans import KeptSpans
from otel_costing.rates import packaged_rates
from otel_costing_collector.booking import Booking, Ledger, Pace
from otel_costing_collector.dead_letters import DeadLetters
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool import Spool
from otel_costing_collector.spool_record import Kind, SpooledRequest
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


@pytest.fixture
def bench(tmp_path: Path, dsn: str) -> Iterator[Bench]:
    with Store.open(dsn) as store:
        opened = Bench(tmp_path, store)
        yield opened
        opened.close()


def test_what_was_acknowledged_is_booked_once_and_forgotten(bench: Bench) -> None:
    for number in range(1, 6):
        bench.put(calls(number))
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT count(), sum(sign), sum(total_usd) FROM ledger") == [
        (5, 5, Decimal("0.0225"))
    ]
    assert (
        bench.telemetry.registry.get_sample_value(
            "otel_costing_booked_calls_total", {"status": "priced"}
        )
        == 5
    )


def test_a_trace_that_comes_in_two_requests_is_settled_before_it_is_booked(bench: Bench) -> None:
    bench.put(calls(2, scope="native", parent=1))
    bench.put(calls(1, scope="framework"))
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT kind, count() FROM ledger GROUP BY kind") == [("charge", 1)]


def test_what_came_too_late_for_that_is_settled_by_an_offsetting_entry(bench: Bench) -> None:
    bench.begin()
    bench.put(calls(1, scope="framework"))
    bench.until_empty()
    bench.put(calls(2, scope="native", parent=1))
    bench.until_empty()

    bench.until(lambda: bench.ask("SELECT sum(sign) FROM ledger") == [(1,)])
    assert bench.ask("SELECT count() FROM costs") == [(1,)]


def test_a_ledger_that_is_away_is_offered_the_same_until_it_takes_it(bench: Bench) -> None:
    bench.ledger.outages = 3
    bench.ledger.forgets_to_answer = 1
    bench.put(calls(1, 2, 3))
    booking = bench.begin()
    bench.until(lambda: booking.failing() != "")
    bench.until_empty()

    assert bench.ask("SELECT count(), uniqExact(entry_id) FROM ledger") == [(3, 3)]
    bench.until(lambda: booking.failing() == "")


def test_a_ledger_that_cannot_be_opened_yet_keeps_nothing_from_the_spool(bench: Bench) -> None:
    refusals = iter([StoreUnavailable("not yet"), StoreUnavailable("not yet")])

    def opened() -> Ledger:
        for refused in refusals:
            raise refused
        return bench.ledger

    bench.put(calls(1))
    bench.begin(opened)
    bench.until_empty()

    assert bench.ask("SELECT count() FROM ledger") == [(1,)]


def test_a_poison_span_is_set_aside_with_its_reason_and_holds_up_no_other(bench: Bench) -> None:
    poisoned = (3).to_bytes(8).hex()
    bench.ledger.refuses_spans = {poisoned}
    bench.put(calls(1, 2))
    poison = bench.put(calls(3, 4, 5))
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT count() FROM ledger") == [(4,)]
    (letter,) = bench.dead_letters.list()
    (refusal,) = letter.refusals
    assert (letter.number, refusal.span_id) == (poison, poisoned)
    assert "does not fit" in refusal.reason
    kept = bench.dead_letters.request(poison)
    assert kept is not None
    assert kept.body.count((3).to_bytes(8)) == 1


def test_a_stop_leaves_what_is_not_booked_in_the_spool(bench: Bench) -> None:
    bench.ledger.outages = 10**6
    bench.put(calls(1, 2))
    booking = bench.begin()
    bench.until(lambda: booking.failing() != "")

    assert booking.stop(20)
    assert booking.stop(20)
    assert bench.spool.state().requests == 1

    bench.ledger.outages = 0
    bench.begin()
    bench.until_empty()
    assert bench.ask("SELECT count() FROM ledger") == [(2,)]


def test_the_same_request_again_is_no_second_charge(bench: Bench) -> None:
    body = calls(1, 2)
    bench.begin()
    for _ in range(3):
        bench.put(body)
        bench.until_empty()

    assert bench.ask("SELECT count() FROM ledger") == [(2,)]


def test_a_span_that_names_an_earlier_book_is_priced_by_it(bench: Bench, tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text(
        "name: half\n"
        "contracts:\n"
        "  - {provider: openai, models: gpt-4o, from: 2020-01-01, discount_percent: '50', source: x, checked: 2026-01-01}\n"
    )
    cheaper, problems = packaged_rates().with_overrides(overrides)
    assert cheaper is not None, problems
    earlier = packaged_rates().digest
    bench.books.use(cheaper)
    bench.put(calls(1, digest=earlier))
    bench.put(calls(2, digest="of nobody"))
    bench.begin()
    bench.until_empty()

    booked = bench.ask("SELECT rates_digest, total_usd * 10000 FROM ledger ORDER BY total_usd")
    assert booked == [(cheaper.digest, Decimal("22.5")), (earlier, Decimal(45))]
    assert bench.ask("SELECT uniqExact(rates_digest) FROM rates") == [(2,)]


def test_the_skeletons_that_are_not_wanted_are_not_kept(bench: Bench) -> None:
    bench.put(calls(1, 2))
    bench.begin(kept=KeptSpans.NONE)
    bench.until_empty()

    assert bench.ask("SELECT count() FROM ledger") == [(2,)]
    assert bench.ask("SELECT count() FROM spans") == [(0,)]


def test_what_settling_corrects_is_counted_by_its_cause(bench: Bench) -> None:
    bench.begin()
    bench.put(calls(1, scope="framework"))
    bench.until_empty()
    bench.put(calls(2, scope="native", parent=1))

    counted = bench.telemetry.registry.get_sample_value
    bench.until(lambda: counted("otel_costing_corrected_calls_total", {"cause": "wrapper"}) == 1)
    assert counted("otel_costing_new_calls_total") == 2


def test_settling_that_fails_in_any_way_is_tried_again_and_booking_goes_on(bench: Bench) -> None:
    bench.ledger.settlings_fail = 2
    booking = bench.begin(settle_s=0.05)
    bench.put(calls(1))
    bench.until(lambda: bench.ledger.settlings_fail == 0)
    bench.put(calls(2))
    bench.until_empty()

    assert booking.ailing() == ""
    assert bench.ask("SELECT count() FROM ledger") == [(2,)]


def test_after_a_restart_on_an_emptied_spool_it_waits_for_the_next_request(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(calls(1))
    booking = bench.begin()
    bench.until_empty()
    assert booking.stop(20)
    reads = []
    read = bench.spool.unbooked

    def counted(after: int = -1) -> list[SpooledRequest]:
        reads.append(after)
        return read(after)

    monkeypatch.setattr(bench.spool, "unbooked", counted)

    bench.begin()
    threading.Event().wait(0.5)  # nothing is to happen in it
    assert len(reads) < 5
    bench.put(calls(2))
    bench.until_empty()
    assert bench.ask("SELECT count() FROM ledger") == [(2,)]
