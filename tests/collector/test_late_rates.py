"""What a collector could not price is charged once its rates know it; what it prices otherwise waits for a person."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.batch import batch_of
from otel_costing.clickhouse.store import Store
from otel_costing.rates import RateBook, packaged_rates
from otel_costing_collector import late_rates
from otel_costing_collector.late_rates import LateRates
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.telemetry import Telemetry
from tests.calls import NOON, SECOND
from tests.clickhouse.tables import rows
from tests.collector.bench import Bench, calls
from tests.killed_repricing import CALLS, spans
from tests.repriced_books import growing_books

_STATUS = "SELECT status, sum(sign) FROM costs GROUP BY status ORDER BY status"
_APPLIED = "SELECT rates_digest, late_rate, rate_correction FROM repricings"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[RateBook]:
    """Each knows more than the one before."""
    return growing_books(tmp_path_factory.mktemp("books"))


@pytest.fixture
def store(dsn: str) -> Iterator[Store]:
    """An empty ledger, let go of also where a test fails: one that stays open is in the way of all later ones."""
    with Store.open(dsn) as opened:
        yield opened


@pytest.fixture(autouse=True)
def long_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """One turn is enough, however busy the machine is."""
    monkeypatch.setattr(late_rates, "_TURN_S", 60.0)


def fill(store: Store, book: RateBook) -> None:
    store.book(batch_of(spans(), book, NOON + 3_600 * SECOND))


def counted(telemetry: Telemetry) -> float | None:
    return telemetry.registry.get_sample_value(
        "otel_costing_corrected_calls_total", {"cause": "late_rate"}
    )


def test_a_book_that_knows_more_prices_what_had_no_price_and_that_is_noted(
    store: Store, books: list[RateBook]
) -> None:
    fill(store, books[0])
    telemetry = Telemetry()

    LateRates(PricingBooks(books[2]), telemetry).turn(store)

    assert rows(store, _STATUS) == [("priced", CALLS)]
    assert rows(store, _APPLIED) == [(books[2].digest, CALLS, 0)]
    assert counted(telemetry) == CALLS


def test_a_price_that_would_change_is_told_of_and_left(
    store: Store, books: list[RateBook], caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, books[2])
    entries = rows(store, "SELECT count() FROM ledger")

    with caplog.at_level(logging.WARNING):
        LateRates(PricingBooks(books[3]), Telemetry()).turn(store)

    assert rows(store, "SELECT count() FROM ledger") == entries
    (said,) = [record for record in caplog.records if "reprice --dry-run" in record.message]
    assert vars(said)["calls"] == CALLS


def test_the_book_that_was_applied_last_is_not_applied_again(
    store: Store, books: list[RateBook]
) -> None:
    fill(store, books[0])
    late = LateRates(PricingBooks(books[2]), Telemetry())
    late.turn(store)

    late.turn(store)
    LateRates(PricingBooks(books[2]), Telemetry()).turn(store)

    assert len(rows(store, _APPLIED)) == 1


def test_another_book_takes_the_place_of_one_that_is_being_applied(
    store: Store, books: list[RateBook], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, books[0])
    pricing = PricingBooks(books[1])
    late = LateRates(pricing, Telemetry())
    with monkeypatch.context() as short_turn:
        short_turn.setattr(late_rates, "_TURN_S", 0.0)
        late.turn(store)
    pricing.use(books[2])

    late.turn(store)

    assert rows(store, _STATUS) == [("priced", CALLS)]
    assert rows(store, _APPLIED) == [(books[2].digest, CALLS, 0)]


def test_a_running_collector_does_it_between_two_batches(bench: Bench, tmp_path: Path) -> None:
    bench.books.use(growing_books(tmp_path / "books")[0])
    bench.put(calls(1, 2, 3))
    bench.begin(late_rates_s=0.05)
    bench.until_empty()
    assert bench.ask(_STATUS) == [("unpriced", 3)]

    bench.books.use(packaged_rates())

    bench.until(lambda: bench.ask(_STATUS) == [("priced", 3)])
