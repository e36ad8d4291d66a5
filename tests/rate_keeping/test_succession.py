"""Which dated rates follow when a catalogue says other prices than we do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.rate_book.files import RateEntry
from otel_costing.rate_keeping.comparison import same_prices
from otel_costing.rate_keeping.succession import rate_at, succeed
from tests.small_catalogues import day_ns, rates_of

TODAY = day_ns("2026-11-22")


def rates(*dated: tuple[str, str]) -> tuple[RateEntry, ...]:
    """One rate for each (from, price of input)."""
    return rates_of(
        "".join(f'      - {{from: {day}, prices: {{input: "{usd}"}}}}\n' for day, usd in dated)
    )


def told(entries: tuple[RateEntry, ...]) -> list[tuple[str, str, str]]:
    """Each rate as (from, price of input, effective)."""
    days = {
        day_ns(day): day
        for day in ("2026-01-01", "2026-11-01", "2026-11-22", "2027-01-01", "2027-02-01")
    }
    return [
        (
            days[rate.starts_ns] if rate.starts_ns else "null",
            str(rate.bands[0].prices["input"].usd),
            rate.effective,
        )
        for rate in entries
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([("null", "3")], [("null", "3")], [("null", "3", "")]),
        (
            [("null", "3")],
            [("null", "3"), ("2026-11-01", "2")],
            [("null", "3", ""), ("2026-11-01", "2", "")],
        ),
        ([("null", "3")], [("null", "2")], [("null", "3", ""), ("2026-11-22", "2", "unknown")]),
        (
            [("null", "3"), ("2026-01-01", "2")],
            [("null", "9"), ("2026-01-01", "2")],
            [("null", "3", ""), ("2026-01-01", "2", "")],
        ),
        (
            [("null", "3")],
            [("null", "3"), ("2027-01-01", "4")],
            [("null", "3", ""), ("2027-01-01", "4", "")],
        ),
        ([("null", "3"), ("2027-01-01", "4")], [("null", "3")], [("null", "3", "")]),
        (
            [("null", "3"), ("2027-01-01", "4")],
            [("null", "3"), ("2027-02-01", "5")],
            [("null", "3", ""), ("2027-02-01", "5", "")],
        ),
        (
            [("null", "3"), ("2027-01-01", "4")],
            [("null", "2"), ("2027-01-01", "4")],
            [("null", "3", ""), ("2026-11-22", "2", "unknown"), ("2027-01-01", "4", "")],
        ),
        (
            [("null", "3"), ("2026-11-22", "2")],
            [("null", "1")],
            [("null", "3", ""), ("2026-11-22", "1", "unknown")],
        ),
        ([("null", "3")], [("null", "3"), ("2026-11-01", "3")], [("null", "3", "")]),
    ],
    ids=[
        "nothing changed",
        "their date gives ours",
        "a change without a date holds from the day it was noticed",
        "the past is never edited, whatever they say of it now",
        "an announced price is taken over",
        "an announced price that was withdrawn goes",
        "an announced price that was moved moves",
        "a change today leaves an announced one",
        "the second refresh of a day replaces the first",
        "a date without a change is no rate",
    ],
)
def test_what_follows(
    ours: list[tuple[str, str]], theirs: list[tuple[str, str]], expected: list[tuple[str, str, str]]
) -> None:
    assert told(succeed(rates(*ours), rates(*theirs), TODAY).rates) == expected


def test_each_step_tells_what_was_before() -> None:
    _, steps = succeed(rates(("null", "3"), ("2027-01-01", "4")), rates(("null", "2")), TODAY)
    (changed, withdrawn) = steps
    assert changed.before is not None
    assert changed.after is not None
    assert told((changed.before, changed.after)) == [
        ("null", "3", ""),
        ("2026-11-22", "2", "unknown"),
    ]
    assert withdrawn.after is None


DATED = st.lists(
    st.tuples(
        st.sampled_from(["2026-01-01", "2026-11-01", "2026-11-22", "2027-01-01"]),
        st.sampled_from("123"),
    ),
    unique_by=lambda each: each[0],
).map(lambda each: [("null", "1"), *sorted(each)])


@given(DATED, DATED)
def test_a_refresh_leaves_the_past_alone_and_prices_today_as_the_catalogue_does(
    ours: list[tuple[str, str]], theirs: list[tuple[str, str]]
) -> None:
    before, catalogue = rates(*ours), rates(*theirs)
    after = succeed(before, catalogue, TODAY).rates
    now, expected = rate_at(after, TODAY), rate_at(catalogue, TODAY)
    assert now is not None
    assert expected is not None
    assert same_prices(now, expected)
    begun = [rate for rate in before if (rate.starts_ns or 0) < TODAY]
    assert list(after[: len(begun)]) == begun
    again = succeed(after, catalogue, TODAY)
    assert (again.rates, again.steps) == (after, ())
