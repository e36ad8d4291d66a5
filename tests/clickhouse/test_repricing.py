"""A book is applied to a ledger: what it prices otherwise is taken back and charged anew, once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from otel_costing.batch import batch_of, batch_of_corrections
from otel_costing.clickhouse import repricing as module
from otel_costing.clickhouse.repricing import Repriced, Scope, note_repricing, repricing
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry, Wanted, restate, reversal
from otel_costing.rates import RateBook
from otel_costing.repricing import Repricer
from otel_costing.repricing_effect import Effect, KeptCalls, Of
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, hex_id, record
from tests.clickhouse.audited import audited
from tests.clickhouse.tables import copies_kept, everything, rows
from tests.repriced_books import growing_books

DAY = 86_400 * SECOND
_HISTORY = "SELECT kind, revision, cause, total_usd FROM ledger ORDER BY revision, sign DESC"
_NET = "SELECT sum(sign), sum(total_usd) FROM costs"
BEFORE, AFTER = Decimal("0.0036"), Decimal("0.0048")
"""Of a call of 1,000 and 200 tokens, by the rates as they were first and as they were corrected."""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[RateBook]:
    """They know nothing, half of it, all of it, and better."""
    return growing_books(tmp_path_factory.mktemp("books"))


def call(number: int = 0, *, model: str = "m", days_ago: int = 0, team: str = "") -> SpanRecord:
    """Return a span of a model call, in a trace of its own."""
    start_ns = NOON - days_ago * DAY + number
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 200,
        "otel_costing.team": team,
    }
    span = record(number, trace=hex_id(number, 32), start_ns=start_ns)
    return span._replace(attributes=said)


def book(store: Store, rates: RateBook, *spans: SpanRecord) -> list[LedgerEntry]:
    """Book them as they were received, and return their first charges."""
    batch = batch_of(spans, rates, NOON + 60 * SECOND)
    store.book(batch)
    return list(batch.entries)


def apply(
    store: Store, rates: RateBook, *, dry_run: bool = False, scope: Scope | None = None
) -> Repriced:
    """Reprice, and return what came of it."""
    steps = repricing(store, Repricer(rates), scope or Scope(), NOON, dry_run=dry_run)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            done: Repriced = ended.value
            return done


def test_a_call_without_a_price_is_charged_once_its_rate_is_known(
    store: Store, books: list[RateBook]
) -> None:
    unknown, _, known, _ = books
    book(store, unknown, call())

    apply(store, known)

    assert rows(store, _HISTORY) == [
        ("charge", 0, "first", None),
        ("reversal", 0, "late_rate", None),
        ("charge", 1, "late_rate", BEFORE),
    ]
    assert rows(store, _NET) == [(1, BEFORE)]


def test_what_was_a_wrong_rate_is_corrected_and_its_history_stays(
    store: Store, books: list[RateBook]
) -> None:
    book(store, books[2], call())

    apply(store, books[3])

    assert rows(store, _HISTORY) == [
        ("charge", 0, "first", BEFORE),
        ("reversal", 0, "rate_correction", -BEFORE),
        ("charge", 1, "rate_correction", AFTER),
    ]
    assert set(audited(store).digests) == {
        entry_id for (entry_id,) in rows(store, "SELECT entry_id FROM ledger")
    }


def test_the_rate_that_charges_anew_is_on_record(store: Store, books: list[RateBook]) -> None:
    book(store, books[2], call())

    apply(store, books[3])

    rates = rows(store, "SELECT DISTINCT rate_id FROM rates")
    assert rows(store, "SELECT DISTINCT rate_id FROM costs")[0] in rates


def test_doing_it_again_posts_nothing(store: Store, books: list[RateBook]) -> None:
    book(store, books[0], call(1), call(2))
    apply(store, books[3])
    before = everything(store)

    again = apply(store, books[3])

    assert (again.examined, again.entries, again.effects.calls) == (2, 0, 0)
    assert everything(store) == before


def test_a_dry_run_says_what_it_comes_to_and_posts_nothing(
    store: Store, books: list[RateBook]
) -> None:
    book(store, books[0], call(1, team="search"))
    book(store, books[2], call(2, team="search"), call(3), call(4, days_ago=25))
    before = everything(store)

    dry = apply(store, books[3], dry_run=True)

    assert everything(store) == before
    today = NOON // DAY
    assert dry.effects.rows() == [
        Effect(Of(today, "acme", "m", ""), 1, 0, BEFORE, AFTER),
        Effect(Of(today, "acme", "m", "search"), 2, 1, BEFORE, 2 * AFTER),
    ]
    assert dry.effects.rows() == apply(store, books[3]).effects.rows()


def test_a_call_keeps_the_price_that_the_book_does_not_have(
    store: Store, books: list[RateBook]
) -> None:
    book(store, books[2], call(1), call(2))

    done = apply(store, books[0])

    assert done.effects.kept() == [KeptCalls("acme", "m", "unknown_model", 2)]
    assert rows(store, _NET) == [(2, 2 * BEFORE)]


@pytest.mark.parametrize(
    ("scope", "changed"),
    [
        (Scope(), {1, 2, 3}),
        (Scope(only_unpriced=True), {1}),
        (Scope(models=("m",)), {1, 2, 3}),
        (Scope(models=("m-2026",)), {3}),
        (Scope(models=("other",)), set()),
        (Scope(providers=("openai",)), set()),
        (Scope(since=datetime(2026, 11, 22, tzinfo=UTC)), {1, 2}),
        (Scope(until=datetime(2026, 11, 22, tzinfo=UTC)), {3}),
    ],
    ids=str,
)
def test_only_the_calls_in_scope_are_touched(
    store: Store, books: list[RateBook], scope: Scope, changed: set[int]
) -> None:
    book(store, books[0], call(1))
    book(store, books[2], call(2), call(3, model="m-2026", days_ago=2))

    apply(store, books[3], scope=scope)

    found = rows(store, "SELECT trace_id FROM ledger WHERE kind = 'reversal'")
    assert {trace for (trace,) in found} == {hex_id(number, 32) for number in changed}


def test_it_comes_to_the_same_in_parts_of_any_size(
    store: Store, books: list[RateBook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOKED_AT_ONCE", 7)
    monkeypatch.setattr(module, "_RESTATED_AT_ONCE", 2)
    book(store, books[2], *(call(number, days_ago=number % 3) for number in range(60)))

    done = apply(store, books[3])

    assert (done.examined, done.effects.calls) == (60, 60)
    assert rows(store, _NET) == [(60, 60 * AFTER)]


@pytest.mark.parametrize("others", [(3, 3), (2, 3)], ids=["the same book", "two books"])
def test_two_at_once_post_what_one_of_them_would(
    store: Store, books: list[RateBook], shared_dsn: str, others: Sequence[int]
) -> None:
    calls = 200
    book(store, books[0], *(call(number) for number in range(calls)))

    def at_once(number: int) -> None:
        with Store.open(shared_dsn) as handle:
            apply(handle, books[number])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(at_once, others))
    apply(store, books[3])

    assert rows(store, _NET) == [(calls, calls * AFTER)]
    assert copies_kept(store) == 0


def test_a_call_that_was_taken_back_meanwhile_is_not_charged_anew(
    store: Store, books: list[RateBook]
) -> None:
    """The correction was drawn up before the settler found that another call stands for this one."""
    (charge,) = book(store, books[2], call())
    wanted = Repricer(books[3]).wanted(charge)
    assert isinstance(wanted, Wanted)
    drawn_up = batch_of_corrections(restate([charge], {charge.call_id: wanted}), (), NOON)
    store.book(batch_of_corrections([reversal(charge, "duplicate")], (), NOON))

    booked = store.book(drawn_up)

    assert booked.booked == 0
    assert rows(store, "SELECT count() FROM costs") == [(0,)]


def test_what_a_closed_month_should_have_cost_is_billed_in_an_open_one(
    store: Store, books: list[RateBook]
) -> None:
    book(store, books[2], call())
    closed: dict[str, list[object]] = {"billing_period": ["2026-11"], "state": ["closed"]}
    store.connection.insert("periods", closed, token="november")  # noqa: S106 - no secret, it tells inserts apart

    apply(store, books[3])

    assert rows(store, "SELECT revision, billing_period FROM ledger ORDER BY revision, kind") == [
        (0, "2026-11"),
        (0, "2026-12"),
        (1, "2026-12"),
    ]


def test_only_a_book_that_was_applied_to_the_whole_ledger_counts_as_the_last(
    store: Store, books: list[RateBook]
) -> None:
    done = apply(store, books[2])

    note_repricing(store, "part", Scope(models=("m",)), NOON, done)
    assert store.query("last_repricing") == []
    note_repricing(store, "late", Scope(only_unpriced=True), NOON, done)
    assert [row["rates_digest"] for row in store.query("last_repricing")] == ["late"]
