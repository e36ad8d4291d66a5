"""Billing months in the ledger: a closed one never changes, whoever books what and when."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from otel_costing.attribution import Attribution
from otel_costing.clickhouse import columns
from otel_costing.clickhouse.periods import (
    Change,
    Figures,
    PeriodRefused,
    changed_since_closing,
    close_period,
    figures,
    listed,
    now_us,
    period_of,
    reopen_period,
)
from otel_costing.clickhouse.ready import entry_blocks
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import instant_of
from otel_costing.dimensions import PAYS
from otel_costing.ledger import Wanted, restate
from otel_costing.periods import (
    Booked,
    Closing,
    closings_of,
    counts_in,
    entries_digest,
    entries_of,
    known,
)
from otel_costing.rollup import Total, sum_of, sums, totals
from tests.calls import NOON, batch, entry, skeleton
from tests.clickhouse.tables import rows
from tests.random_histories import DAY, Change_, histories

OCTOBER = NOON - 40 * DAY
PAID = Attribution(team="search", feature="tickets")
CALL = entry(1, attribution=PAID, end_ns=OCTOBER)
ANOTHER = entry(2, {"input": 7}, end_ns=OCTOBER)
ROOT = skeleton(9, start_ns=OCTOBER, attribution=Attribution(team="support", workflow="w"))
LATER_US = 2**51
"""2041: whatever was done, was done before it was asked for."""
DIMENSIONS = ("team", "workflow", "meter", "status", "origin_verified")


def close(store: Store, month: str = "2026-10", reason: str = "", asked_us: int = LATER_US) -> None:
    list(close_period(store, Change(month, "ann", reason, asked_us)))


def reopen(store: Store, month: str = "2026-10") -> None:
    reopen_period(store, Change(month, "ann", "a mistake", LATER_US))


def of_october(store: Store) -> list[list[Total]]:
    """Return all that is reported of the month, by either side."""
    return [report(store, DIMENSIONS, pays=pays, period="2026-10") for pays in PAYS]


def write(store: Store, history: Sequence[Booked | Change_]) -> None:
    """Put a history into the tables, each row with its instant."""
    booked = [one for one in history if isinstance(one, Booked)]
    changes = [one for one in history if isinstance(one, Change_)]
    months = [one.billing_period for one in booked]
    entries = columns.entry_columns([one.entry for one in booked], "b", months)
    entries["booked_at"] = [one.booked_us for one in booked]
    periods: columns.Columns = {
        "billing_period": [one.change.billing_period for one in changes],
        "state": [one.change.state for one in changes],
        "changed_at": [one.at_us for one in changes],
    }
    for table, made, of in (("ledger", entries, booked), ("periods", periods, changes)):
        if of:
            store.connection.insert(table, made, token=str(of))


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories())
def test_every_month_is_what_the_pure_rules_say(
    store: Store, history: list[Booked | Change_]
) -> None:
    for table in ("ledger", "periods"):
        store.connection.command(f"TRUNCATE TABLE {table}")
    write(store, history)
    booked = [one for one in history if isinstance(one, Booked)]
    closings = closings_of(one.change for one in history if isinstance(one, Change_))
    half_us = 10 * (len(history) // 2) + 5
    then = known(booked, half_us)

    assert report(store, ["team", "status"], known_until=instant_of(half_us)) == totals(
        [one.entry for one in then], ["team", "status"]
    )
    by = ["billing_period", "team", "meter"]
    assert report(store, by, pays="owner") == of_months(booked, closings, by)
    at_half = report(store, by, pays="owner", known_until=instant_of(half_us))
    assert at_half == of_months(then, closings, by)


def of_months(rows: list[Booked], closings: list[Closing], by: list[str]) -> list[Total]:
    """Sum what counts in each month."""
    placed = {
        one.entry_id: (month, one)
        for month in {counts_in(row, closings) for row in rows}
        for one in entries_of(rows, month, closings)
    }
    months = {entry_id: month for entry_id, (month, _) in placed.items()}
    return sums((one for _, one in placed.values()), by, "owner", billing_periods=months)


def test_what_comes_later_for_a_closed_month_leaves_it_as_it_was(store: Store) -> None:
    store.book(batch([CALL, ANOTHER], [ROOT]))
    close(store)
    before = of_october(store)
    moved = CALL._replace(attribution=Attribution(team="drafts"))
    corrections = restate([CALL], {CALL.call_id: Wanted(moved, "attribution")})
    store.book(batch([*corrections, entry(3, end_ns=OCTOBER)], name="later"))

    assert of_october(store) == before
    assert list(changed_since_closing(store)) == []
    november = report(store, ["team"], pays="owner", period="2026-11")
    usd = CALL.total_usd or Decimal(0)
    assert [(*row.values, row.calls, row.usd) for row in november] == [
        (None, 1, usd),
        ("drafts", 1, usd),
        ("search", -1, -usd),
    ]


def test_a_writer_that_read_the_open_months_before_the_closing_changes_none(store: Store) -> None:
    """Its rows are ready, billed in October, when the month is closed; they come in after that."""
    store.book(batch([CALL]))
    prepared = list(entry_blocks([ANOTHER], "prepared"))
    close(store)
    before = of_october(store)
    for table, data, token in prepared:
        store.connection.insert(table, data, token)

    assert rows(store, "SELECT DISTINCT billing_period FROM ledger") == [("2026-10",)]
    assert of_october(store) == before
    assert list(changed_since_closing(store)) == []
    assert [row.calls for row in report(store, [], period="2026-11")] == [1]


def test_a_root_that_comes_after_the_closing_moves_nothing_in_it(store: Store) -> None:
    store.book(batch([CALL]))
    close(store)
    before = of_october(store)
    store.book(batch(spans=[ROOT], name="root"))

    assert of_october(store) == before
    assert report(store, ["team"])[0].values == ("support",)


def test_an_origin_outlives_the_spans_that_it_came_from(store: Store) -> None:
    store.book(batch([CALL], [ROOT]))
    close(store)
    before = of_october(store)
    store.connection.command("TRUNCATE TABLE spans")

    assert of_october(store) == before
    assert report(store, ["team", "workflow"])[0].values == ("support", "w")


def test_what_a_month_counts_is_the_same_everywhere(store: Store) -> None:
    store.book(batch([CALL, ANOTHER]))
    close(store, reason="invoice")

    total = sum_of(one.total_usd for one in (CALL, ANOTHER))
    said = Figures(2, 2, 0, total, entries_digest([ANOTHER, CALL]))
    assert figures(store, "2026-10") == said
    (october,) = listed(store)
    assert (october.status, october.entries, october.total_usd) == ("closed", 2, total)
    assert (october.changed_by, october.reason) == ("ann", "invoice")


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM ledger WHERE span_id = '{0.span_id}'",
        "ALTER TABLE ledger UPDATE total_usd = 0 WHERE span_id = '{0.span_id}' SETTINGS mutations_sync = 1",
        "ALTER TABLE ledger UPDATE content_digest = 'x' WHERE span_id = '{0.span_id}' SETTINGS mutations_sync = 1",
    ],
)
def test_a_closed_month_that_is_not_what_it_was_is_found(store: Store, tampering: str) -> None:
    store.book(batch([CALL, ANOTHER]))
    close(store)
    store.connection.command(tampering.format(CALL))

    ((month, then, now),) = changed_since_closing(store)
    assert (month, then == now) == ("2026-10", False)


def test_what_is_booked_after_a_month_is_open_again_counts_in_it(store: Store) -> None:
    store.book(batch([CALL]))
    close(store)
    reopen(store)
    store.book(batch([ANOTHER], name="another"))

    assert [row.calls for row in report(store, [], period="2026-10")] == [2]
    assert period_of(store, "2026-10").status == "open"
    close(store)
    assert figures(store, "2026-10").entries == 2


def test_what_was_booked_elsewhere_meanwhile_stays_there(store: Store) -> None:
    close(store)
    store.book(batch([CALL]))
    reopen(store)

    assert report(store, [], period="2026-10") == []
    assert [row.calls for row in report(store, [], period="2026-11")] == [1]


def test_a_closing_that_came_to_its_end_unsaid_is_not_done_again(store: Store) -> None:
    store.book(batch([CALL]))
    asked_us = now_us(store)
    close(store, asked_us=asked_us)
    close(store, asked_us=asked_us)

    assert rows(store, "SELECT count() FROM periods") == [(1,)]
    with pytest.raises(PeriodRefused, match="closed already"):
        close(store)


def test_a_closing_that_was_cut_short_left_the_month_open(store: Store) -> None:
    store.book(batch([CALL], [ROOT]))
    cut_short = close_period(store, Change("2026-10", "ann", "", LATER_US))
    next(cut_short)
    cut_short.close()

    assert period_of(store, "2026-10").status == "open"
    close(store)
    assert report(store, ["team"], period="2026-10")[0].values == ("support",)


def test_a_month_is_closed_when_it_is_over_and_after_those_before_it(store: Store) -> None:
    store.book(batch([CALL, entry(5, end_ns=NOON - 70 * DAY)]))

    with pytest.raises(PeriodRefused, match="2026-09 is open; close it first"):
        close(store)
    with pytest.raises(PeriodRefused, match="is not over"):
        close(store, "2096-11")
    with pytest.raises(PeriodRefused, match="2026-10 is open"):
        reopen(store)
