"""Where an entry counts, what was known when, and which months can be closed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.ledger import LedgerEntry, reversal
from otel_costing.periods import (
    CLOSED,
    OPEN,
    Booked,
    Change,
    Closing,
    closings_of,
    counts_in,
    differences,
    entries_digest,
    entries_of,
    known,
    month_after,
    why_not_closed,
    why_not_reopened,
)
from otel_costing.rollup import net, sum_of
from tests.calls import entry
from tests.random_histories import MONTHS, Change_, histories

ONE, TWO = entry(1), entry(2)
IN_DECEMBER = datetime(2026, 12, 3, tzinfo=UTC)


def row(booked_us: int, month: str = "2026-10", of: LedgerEntry = ONE) -> Booked:
    return Booked(of, month, booked_us)


def test_a_year_ends_after_december() -> None:
    assert [month_after("2026-11"), month_after("2026-12")] == ["2026-12", "2027-01"]


@pytest.mark.parametrize(
    ("booked_us", "counts"),
    [(100, "2026-10"), (101, "2026-11"), (200, "2026-11"), (201, "2026-10")],
)
def test_a_booking_counts_in_the_first_month_that_was_open_then(
    booked_us: int, counts: str
) -> None:
    closed = [Closing("2026-10", 100, 200)]

    assert counts_in(row(booked_us), closed) == counts


def test_of_several_closed_months_the_first_open_one_after_them_counts() -> None:
    closed = [Closing("2026-11", 50, None), Closing("2026-10", 10, None)]

    assert [counts_in(row(at), closed) for at in (10, 11, 51)] == ["2026-10", "2026-11", "2026-12"]


def test_closing_what_is_closed_and_opening_what_is_open_change_nothing() -> None:
    once = [Change("2026-10", CLOSED, 10), Change("2026-10", OPEN, 20)]
    twice = [
        Change("2026-09", OPEN, 1),
        once[0],
        Change("2026-10", CLOSED, 15),
        once[1],
        Change("2026-10", OPEN, 25),
    ]

    assert closings_of(twice) == closings_of(once) == [Closing("2026-10", 10, 20)]


def test_of_two_rows_of_one_entry_the_first_booked_is_known() -> None:
    late, early = row(20), row(10)

    assert known([late, early], 15) == known([late, early], 30) == [early]


def test_what_was_charged_and_taken_back_within_a_month_is_left_out() -> None:
    back = reversal(ONE, "duplicate")
    rows = [row(1), row(2, of=back), row(3, of=TWO)]

    assert entries_of(rows, "2026-10", []) == [TWO]
    assert entries_of([row(1), row(2, "2026-11", back)], "2026-11", []) == [back]


@given(histories())
def test_a_closed_month_never_changes(history: list[Booked | Change_]) -> None:
    """Whatever is booked after its closing, also by writers that have not seen it."""
    changes: list[Change] = []
    rows: list[Booked] = []
    frozen: dict[str, str] = {}
    for event in history:
        if isinstance(event, Booked):
            rows.append(event)
        else:
            changes.append(event.change)
        closings = closings_of(changes)
        shut = {one.billing_period for one in closings if one.open_again_us is None}
        now = {month: entries_digest(entries_of(rows, month, closings)) for month in MONTHS}
        for month in shut:
            assert frozen.setdefault(month, now[month]) == now[month]
        frozen = {month: kept for month, kept in frozen.items() if month in shut}


@given(histories())
def test_all_months_together_are_the_ledger(history: list[Booked | Change_]) -> None:
    rows = [one for one in history if isinstance(one, Booked)]
    closings = closings_of(one.change for one in history if isinstance(one, Change_))
    everywhere = {counts_in(one, closings) for one in rows}

    of_months = [one for month in everywhere for one in entries_of(rows, month, closings)]

    assert (sum_of(one.total_usd for one in of_months) or 0) == (
        sum_of(one.total_usd for one in net(row.entry for row in rows)) or 0
    )
    assert sum(one.sign for one in of_months) == sum(row.entry.sign for row in rows)


@given(histories(), st.integers(0, 400), st.integers(0, 400))
def test_what_was_known_and_the_differences_since_are_what_is_known_later(
    history: list[Booked | Change_], one: int, other: int
) -> None:
    rows = [each for each in history if isinstance(each, Booked)]
    first, second = sorted((one, other))

    between = differences(rows, first, second)
    then, later = (
        sum_of(each.entry.total_usd for each in known(rows, at)) or 0 for at in (first, second)
    )

    assert then + (sum_of(each.usd for each in between) or 0) == later


@given(st.permutations([ONE, TWO, reversal(ONE, "duplicate")]))
def test_a_digest_does_not_depend_on_the_order(entries: list[LedgerEntry]) -> None:
    assert entries_digest(entries) == entries_digest(sorted(entries))
    assert entries_digest(entries[1:]) != entries_digest(entries)


@pytest.mark.parametrize(
    ("month", "states", "why"),
    [
        ("2026-11", {}, ""),
        ("2026-12", {}, "2026-12 is not over; it can be closed from 2027-01-01 (UTC) on"),
        ("2026-11", {"2026-11": CLOSED}, "2026-11 is closed already"),
        ("2026-11", {"2026-09": CLOSED, "2026-10": OPEN}, "2026-10 is open; close it first"),
        ("2026-10", {"2026-11": OPEN}, ""),
    ],
)
def test_months_are_closed_when_they_are_over_and_in_their_order(
    month: str, states: dict[str, str], why: str
) -> None:
    assert why_not_closed(month, IN_DECEMBER, states) == why


@pytest.mark.parametrize(
    ("month", "states", "why"),
    [
        ("2026-10", {"2026-10": CLOSED}, ""),
        ("2026-10", {}, "2026-10 is open"),
        ("2026-10", {"2026-10": CLOSED, "2026-11": CLOSED}, "2026-11 is closed; reopen it first"),
    ],
)
def test_months_are_opened_again_in_the_opposite_order(
    month: str, states: dict[str, str], why: str
) -> None:
    assert why_not_reopened(month, states) == why
