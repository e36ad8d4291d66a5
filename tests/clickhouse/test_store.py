"""Booking exactly once, in a real engine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.reports import entries_of_trace, spans_of_trace
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.finding import Finding
from otel_costing.ledger import LedgerEntry, content_digest, entry_id_of, reversal
from tests.calls import NOON, SECOND, TRACE, batch, entry, skeleton
from tests.clickhouse.tables import copies_kept, everything, rows

DAY = 86_400 * SECOND


def copy_of(copy: LedgerEntry, kept: LedgerEntry, kind: str = "wrapper") -> Finding:
    """Say that `copy` is not booked because `kept` is."""
    return Finding(kind, copy.call_id, kept.call_id, "", TRACE, copy.span_id, copy.ended_ns, "{}")


def saying(changed: LedgerEntry, **changes: Any) -> LedgerEntry:
    """Return an entry that states something else."""
    other = changed._replace(**changes)
    return other._replace(content_digest=content_digest(other))


def test_what_is_booked_is_read_back_to_the_last_digit(store: Store) -> None:
    booked = [
        entry(
            1,
            {"input": 1, "cache_read": 3, "output": 99_999_999},
            attribution=Attribution(team="é'\\\n"),
        ),
        entry(2, {"input": 5}, unpriced="unknown_model"),
        entry(3)._replace(tags=(("k", "v"),), reported_usd=Decimal("1.5"), assumptions=("a", "b")),
    ]
    store.book(batch(booked, [skeleton(1), skeleton(2, 1)]))

    assert entries_of_trace(store, TRACE) == sorted(booked, key=lambda one: one.call_id)
    assert spans_of_trace(store, TRACE) == [skeleton(1), skeleton(2, 1)]


def test_a_batch_again_changes_nothing(store: Store) -> None:
    sealed = batch([entry(1), entry(2)], [skeleton(1), skeleton(2)])
    first = store.book(sealed)
    before = everything(store)
    again = store.book(sealed)

    assert (first, again) == (Booked(2, 0, 0, 2), Booked(0, 2, 0, 0))
    assert everything(store) == before


POOL = [
    entry(
        n,
        {"input": 10 + n},
        end_ns=NOON + (n % 3) * 40 * DAY,
        attribution=Attribution(team=f"t{n}"),
    )
    for n in range(6)
]
PARTS = st.lists(st.lists(st.sampled_from(POOL), min_size=1, max_size=6), min_size=1, max_size=3)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(PARTS)
def test_any_split_order_and_repetition_books_each_entry_once(
    directory: Path, parts: list[list[LedgerEntry]]
) -> None:
    """With the ledger closed and opened again between the batches."""
    name = f"chdb://{directory}?database=split_{abs(hash(str(parts)))}"
    wanted = {one.entry_id for part in parts for one in part}
    for part in [*parts, *reversed(parts)]:
        with Store.open(name) as store:
            store.book(batch(part))
    with Store.open(name) as store:
        booked = {row[0] for row in rows(store, "SELECT entry_id FROM ledger")}
        total = rows(store, "SELECT sum(total_usd), sum(sign) FROM costs")[0]

        assert booked == wanted
        assert copies_kept(store) == 0
    amounts = {one.entry_id: one.total_usd or Decimal(0) for one in POOL}
    assert total == (sum(amounts[one] for one in wanted), len(wanted))


def test_the_first_stays_where_one_id_states_two_things(store: Store) -> None:
    first = entry(1)
    second = saying(first, total_usd=Decimal(7))
    store.book(batch([first]))
    booked = store.book(batch([second, second]))

    assert booked.conflicts == 2
    assert rows(store, "SELECT total_usd FROM costs") == [(first.total_usd,)]
    findings = rows(store, "SELECT kind, entry_id, detail FROM findings FINAL")
    assert [(kind, entry_id) for kind, entry_id, _ in findings] == [("conflict", first.entry_id)]
    assert '"total_usd": "7"' in findings[0][2]


def test_two_things_of_one_id_in_one_batch_are_a_conflict_too(store: Store) -> None:
    first = entry(1)
    booked = store.book(batch([first, saying(first, status="partial")]))

    assert booked[:3] == (1, 0, 1)


def test_the_same_call_by_another_owner_or_book_is_no_conflict(store: Store) -> None:
    first = entry(1)
    store.book(batch([first]))
    other = first._replace(
        attribution=Attribution(team="other"), rates_digest="c" * 32, received_ns=NOON + DAY
    )

    assert store.book(batch([other])) == Booked(0, 1, 0, 0)
    assert rows(store, "SELECT team FROM costs") == [("",)]


def test_a_copy_whose_time_was_not_believed_is_found_beyond_its_day(store: Store) -> None:
    """A span that says 2016 is priced at its receipt, and its copy at another receipt, months later."""
    first = entry(1, end_ns=NOON - 3650 * DAY)._replace(
        occurred_ns=NOON, assumptions=("assumed_time",)
    )
    later = first._replace(occurred_ns=NOON + 90 * DAY, received_ns=NOON + 90 * DAY)
    store.book(batch([first]))

    assert store.book(batch([later], name="later")) == Booked(0, 1, 0, 0)


def test_two_writers_at_one_instant_converge_to_the_first(store: Store) -> None:
    """The key guard cannot see what is not there yet; the table's own key can."""
    first, other = entry(1), entry(1)._replace(attribution=Attribution(team="second"))
    store._writing.entries([first], "one")  # noqa: SLF001 - two writers between guard and insert
    store._writing.entries([other], "two")  # noqa: SLF001 - as above

    assert copies_kept(store) == 1
    assert rows(store, "SELECT team, sign FROM costs") == [("", 1)]


def test_a_copy_alone_later_stays_the_call_that_is_booked(store: Store) -> None:
    kept, copy = entry(1), entry(2)
    store.book(batch([kept], findings=(copy_of(copy, kept),)))

    assert store.book(batch([copy], name="alone")) == Booked(0, 1, 0, 0)
    assert rows(store, "SELECT span_id FROM costs") == [(kept.span_id,)]


def test_a_better_copy_that_comes_with_one_that_is_booked_stays_out(store: Store) -> None:
    booked, better = entry(1), entry(2)
    store.book(batch([booked]))
    again = batch([better], findings=(copy_of(booked, better),), name="both")

    assert store.book(again) == Booked(0, 1, 0, 0)
    assert store.book(again) == Booked(0, 1, 0, 0)
    assert rows(store, "SELECT span_id FROM costs") == [(booked.span_id,)]
    found = rows(store, "SELECT kind, call_id, of_call_id FROM findings FINAL")
    assert found == [("duplicate", better.call_id, booked.call_id)]


def test_a_correction_is_its_reversal_and_the_next_charge(store: Store) -> None:
    first = entry(1)
    second = saying(
        first,
        entry_id=entry_id_of(first.call_id, "charge", 1),
        revision=1,
        total_usd=Decimal("0.5"),
        attribution=Attribution(team="corrected"),
    )
    store.book(batch([first]))
    store.book(batch([reversal(first, "rate_correction"), second]))

    assert rows(store, "SELECT revision, team, total_usd FROM costs") == [
        (1, "corrected", Decimal("0.5"))
    ]
    assert rows(
        store, "SELECT sum(sign), sum(total_usd), sum(arraySum(items.quantity)) FROM ledger"
    ) == [(1, Decimal("0.5"), 1200)]


def test_any_timestamps_fit_into_blocks_that_a_server_takes(store: Store) -> None:
    """Over a hundred months in one insert would fail as a whole."""
    months = [entry(n, end_ns=NOON - n * 31 * DAY) for n in range(120)]
    odd = [entry(900, end_ns=2**63 + 5), entry(901, end_ns=1)]
    believed = [one._replace(occurred_ns=NOON) for one in odd]

    assert store.book(batch([*months, *believed])).booked == 122
    assert copies_kept(store) == 0


def test_more_calls_than_fit_one_question_are_guarded(store: Store) -> None:
    many = [entry(n, {"input": 1}) for n in range(4_000)]
    spans = [skeleton(n) for n in range(4_000)]
    store.book(batch(many, spans, name="many"))

    assert store.book(batch(many[::-1], spans[::-1], name="again")) == Booked(0, 4_000, 0, 0)


@pytest.mark.parametrize(
    ("closed", "billed"),
    [([], "2026-11"), (["2026-11"], "2026-12"), (["2026-11", "2026-12"], "2027-01")],
)
def test_a_call_of_a_closed_month_is_billed_in_the_next_open_one(
    store: Store, closed: list[str], billed: str
) -> None:
    for month in closed:
        store.connection.insert(
            "periods",
            {"billing_period": [month], "state": ["closed"], "changed_by": ["x"], "reason": ["x"]},
            token=month,
        )
    store.book(batch([entry(1)]))

    assert rows(store, "SELECT billing_period, toDate(occurred_at) FROM costs") == [
        (billed, date(2026, 11, 22))
    ]


def test_booking_is_stamped_by_the_store(store: Store) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    store.book(batch([entry(1)]))

    assert before <= rows(store, "SELECT booked_at FROM ledger")[0][0].replace(tzinfo=None)


def test_a_batch_is_on_record_once_and_only_if_it_brought_something(store: Store) -> None:
    sealed = batch([entry(1)], [skeleton(1)])
    store.book(sealed)
    store.book(sealed)
    store.book(batch([entry(1)], name="nothing new"))

    assert rows(store, "SELECT batch_id, spans, booked FROM batches") == [(sealed.batch_id, 1, 1)]


def test_there_is_no_query_of_another_name(store: Store) -> None:
    for name in ("no_such_query", "../schema/0001_ledger"):
        with pytest.raises(KeyError):
            store.query(name)


def test_a_closed_ledger_says_so(dsn: str) -> None:
    store = Store.open(dsn)
    store.close()
    store.close()

    with pytest.raises(StoreUnavailable, match="closed"):
        store.query("closed_periods")


def test_a_batch_of_nothing_books_nothing(store: Store) -> None:
    empty: SealedBatch = batch()

    assert store.book(empty) == Booked(0, 0, 0, 0)
