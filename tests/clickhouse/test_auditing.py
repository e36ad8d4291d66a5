"""An audit of a ledger that is right finds nothing, whatever was done to it by the house's own means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.auditing import window_of
from otel_costing.clickhouse.erasure import act_of, erase, identifiers_of
from otel_costing.clickhouse.periods import Change, close_period, now_us
from otel_costing.clickhouse.reconciling import Span, compared, posting
from otel_costing.clickhouse.repricing import Scope, repricing
from otel_costing.clickhouse.settling import EVERYTHING
from otel_costing.clickhouse.store import Store
from otel_costing.entry import sealed
from otel_costing.finops.invoices.amounts import DAY_NS, day_of_instant
from otel_costing.ledger import Item, LedgerEntry, Wanted, restate
from otel_costing.periods import entries_digest
from otel_costing.rates import RateBook
from otel_costing.repricing import Repricer
from otel_costing.rollup import net
from tests.calls import NOON, SECOND, batch, entry
from tests.clickhouse.auditors import RATES, audit_of, faults_in, recorded
from tests.clickhouse.random_ledgers import ROOTS, ledgers
from tests.clickhouse.tables import emptied, everything, rows
from tests.finops.reconciliation import sides
from tests.repriced_books import growing_books

DAY = 86_400 * SECOND
INVOICED_DAY = (day_of_instant(NOON) - sides.DAY) // DAY_NS
FORGED = "2026-11-22"
BY_HAND = "SETTINGS mutations_sync = 2"
CLOSE = (
    "INSERT INTO periods (billing_period, state, change_id, entries, calls, unpriced_calls, total_usd, entries_digest, "
    "entries_until, changed_at) "
    "SELECT '2026-11', 'closed', 'c', {entries}, {entries}, 0, toDecimal128('{usd}', 12), '{digest}', now64(6), now64(6)"
)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[RateBook]:
    """Each knows more than the one before."""
    return growing_books(tmp_path_factory.mktemp("books"))


@pytest.fixture
def booked(store: Store) -> Store:
    """Two calls of one day and one of the next, with their rollups."""
    calls = [entry(1), entry(2), entry(3, end_ns=NOON + DAY)]
    store.book(recorded(calls, name="three calls"))
    store.rebuild_rollups()
    return store


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ledgers())
def test_any_ledger_is_right_whatever_was_done_to_it(
    store: Store, books: list[RateBook], drawn: list[LedgerEntry]
) -> None:
    """Booked, invoiced, closed, priced anew, settled and erased from."""
    calls = net(drawn)
    emptied(store)
    store.book(batch(calls, ROOTS, rates=RATES))
    store.book(batch(calls[::2], rates=RATES, name="again"))
    invoiced(store)
    list(close_period(store, Change("2026-10", "ann", "", now_us(store))))
    for book in books[2:]:
        list(repricing(store, Repricer(book, may_unprice=True), Scope(), NOON))
    store.settle(now_ns=NOON, since=EVERYTHING)
    store.rebuild_rollups()
    erase(store.connection, act_of(identifiers_of({"user_id": ["anna"]}), "request 7"))

    done = audit_of(store)

    assert done.faults.listed == []
    assert done.calls == len(calls)
    assert (done.unproven_batches, done.days_behind) == (0, 0)
    kinds = dict(rows(store, "SELECT kind, count() FROM ledger FINAL GROUP BY kind"))
    assert kinds["adjustment"] > 1
    assert kinds.get("reversal", 0) >= sum(one.total_usd is not None for one in calls)


def invoiced(store: Store) -> None:
    """Post what an invoice bills beyond the calls, and offset a part of it by a later one."""
    for usd in ("7.00", "6.50"):
        lines = [sides.line(usd, day=INVOICED_DAY)]
        list(
            posting(
                store,
                compared(store, lines, Span(None, None), ""),
                documents={lines[0].document: "costs.json"},
                account="",
                note="signed off",
            )
        )


def test_an_empty_ledger_is_right(store: Store) -> None:
    assert audit_of(store).faults.listed == []


def test_a_free_call_that_was_taken_back_is_right(store: Store) -> None:
    """Its digest says minus nothing, and a column has no sign of zero."""
    nothing = Decimal("0.000000000000")
    item = Item("input", 10, "token", Decimal(0), Decimal(0), 10**6, nothing, nothing)
    free = sealed(entry(1)._replace(items=(item,), total_usd=nothing))
    moved = free._replace(attribution=Attribution(team="search"))
    store.book(recorded([free, *restate([free], {free.call_id: Wanted(moved, "attribution")})]))

    assert faults_in(store) == []


def test_copies_that_wait_for_their_merge_are_no_fault(booked: Store) -> None:
    booked.connection.command(
        "INSERT INTO ledger SELECT * REPLACE (booked_at + 1 AS booked_at) FROM ledger FINAL"
    )

    assert faults_in(booked) == []


def test_of_two_batches_that_bring_one_entry_at_one_instant_both_are_right(booked: Store) -> None:
    """Neither saw the other; the row names one, and the other is short of it."""
    booked.book(recorded([entry(4)], name="first"))
    second = entries_digest([entry(4)])
    key = int(entry(4).entry_id[:16], 16)
    booked.connection.command(
        "INSERT INTO batches (batch_id, booked, entries_digest, entry_keys) "
        f"SELECT 'second', 1, '{second}', [{key}]"
    )

    assert faults_in(booked) == []


def test_batches_of_an_earlier_version_are_counted_as_unproven(booked: Store) -> None:
    booked.connection.command(
        f"ALTER TABLE batches UPDATE entries_digest = '', entry_keys = [] WHERE 1 {BY_HAND}"
    )
    done = audit_of(booked)

    assert (done.batches, done.unproven_batches, done.faults.listed) == (1, 1, [])


def test_an_entry_that_claims_to_be_of_a_batch_is_missed_in_what_that_brought(
    booked: Store,
) -> None:
    booked.book(recorded([entry(4)], name="another"))
    booked.connection.command(
        f"ALTER TABLE ledger UPDATE batch_id = 'three calls' WHERE batch_id = 'another' {BY_HAND}"
    )

    assert faults_in(booked) == [("batch", "three calls")]


_TWICE_BY_METER = "`meters.usd` = arrayMap(usd -> usd * 2, `meters.usd`)"


@pytest.fixture(params=["usd = usd * 2", _TWICE_BY_METER])
def forged(booked: Store, request: pytest.FixtureRequest) -> Store:
    """A rollup that says twice what the ledger says, of calls or of what a meter cost."""
    booked.connection.command(
        f"ALTER TABLE rollup_rows UPDATE {request.param} WHERE day = '{FORGED}' {BY_HAND}"
    )
    return booked


def test_a_rollup_that_says_something_else_is_found_and_can_be_repaired(forged: Store) -> None:
    before = everything(forged)
    assert faults_in(forged) == [("rollup", FORGED)]

    repaired = audit_of(forged, repair_rollups=True).repaired_days

    assert repaired == (date.fromisoformat(FORGED),)
    assert faults_in(forged) == []
    assert everything(forged) == before


def test_a_rollup_of_entries_that_are_gone_is_found_and_can_be_repaired(booked: Store) -> None:
    booked.connection.command(
        f"ALTER TABLE ledger DELETE WHERE call_id = '{entry(1).call_id}' {BY_HAND}"
    )
    assert ("rollup", FORGED) in faults_in(booked)

    audit_of(booked, repair_rollups=True)

    assert faults_in(booked) == [("batch", "three calls")]
    assert rows(booked, "SELECT sum(calls) FROM rollup_daily GROUP BY day ORDER BY day")[0] == (1,)


def test_a_rollup_that_is_behind_is_counted_and_not_compared(booked: Store) -> None:
    booked.book(recorded([entry(4)]))
    done = audit_of(booked)

    assert (done.days_behind, done.faults.listed) == (1, [])


def test_a_closed_month_that_is_no_longer_what_it_was_is_found(booked: Store) -> None:
    digest = entries_digest([entry(1), entry(2)])
    booked.connection.command(CLOSE.format(entries=2, usd="0.009", digest=digest))
    (fault,) = audit_of(booked).faults.listed

    assert (fault.check, fault.subject) == ("closed_month", "2026-11")
    assert fault.detail == (
        "it was closed with 2 entries of 0.009000000000 USD, and has 3 of 0.013500000000 USD"
    )


def test_a_day_can_be_audited_by_itself(booked: Store) -> None:
    done = audit_of(booked, window_of(date(2026, 11, 23), date(2026, 11, 24)))

    assert (done.entries, done.calls, done.batches) == (1, 1, 0)


def test_a_ledger_is_audited_in_parts_of_any_size(
    booked: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel_costing.clickhouse.auditing._ROWS_AT_ONCE", 1)
    monkeypatch.setattr("otel_costing.clickhouse.auditing._IDS_AT_ONCE", 1)
    monkeypatch.setattr("otel_costing.clickhouse.audited_batches._ENTRIES_AT_ONCE", 1)
    booked.connection.command(
        f"ALTER TABLE ledger UPDATE service_tier = 'batch' WHERE call_id = '{entry(1).call_id}' {BY_HAND}"
    )

    assert faults_in(booked) == [("content_digest", entry(1).entry_id)]


def test_all_faults_are_counted_and_the_first_thousand_listed(
    booked: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel_costing.audit.MOST_LISTED", 2)
    booked.connection.command(f"ALTER TABLE ledger UPDATE region = 'eu' WHERE 1 {BY_HAND}")
    faults = audit_of(booked).faults

    assert (len(faults.listed), faults.by_check["content_digest"]) == (2, 3)
