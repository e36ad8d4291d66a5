"""Drift is what nobody can account for by name, and has a tolerance."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.finops.exact import total
from otel_costing.finops.invoices.amounts import DAY_NS
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.drift import (
    Stated,
    Sum,
    summed,
    summed_by,
    tolerance_of,
)
from otel_costing.finops.reconciliation.explaining import explained
from otel_costing.finops.reconciliation.matching import Booked, matched
from tests.finops.reconciliation.sides import BOOKED, LINES, booked, line


def stated(lines: list[InvoiceLine], totals: list[Booked], posted: str = "0") -> list[Stated]:
    found = explained(matched(lines, totals, DAY_NS))
    return [Stated(one, Decimal(posted)) for one in found]


def sum_of(lines: list[InvoiceLine], totals: list[Booked], posted: str = "0") -> Sum:
    return summed(stated(lines, totals, posted))


def test_drift_is_a_part_of_what_is_billed_for_usage() -> None:
    one = sum_of([line("10.000"), line("2", "", "", kind=Kind.TAX)], [booked("9.7", quantity=1)])

    assert (one.billed_usd, one.difference_usd) == (Decimal(12), Decimal("2.3"))
    assert (one.drift_usd, one.drift_percent) == (Decimal("0.3"), Decimal("3.00"))


def test_what_is_billed_later_is_no_drift() -> None:
    assert sum_of([line(1)], [booked(1), booked(5, day=1)]).drift_usd == 0


def test_what_was_posted_for_usage_is_accounted_for() -> None:
    assert sum_of([line("10.000")], [booked("9.7", quantity=1)], "0.3").drift_usd == 0


def test_of_nothing_billed_there_is_no_percentage() -> None:
    one = sum_of([], [booked(5)])

    assert one.drift_percent is None
    assert sum_of([line(0)], []).drift_percent is None


@pytest.mark.parametrize(
    ("tolerance", "usd", "is_within"),
    [
        ("1%", "9.9", True),
        ("1%", "9.899999999999", False),
        ("1 %", "10.1", True),
        ("0", "10", True),
        ("0", "10.000000000001", False),
        ("0.10", "9.9", True),
        ("0.09", "9.9", False),
    ],
)
def test_a_tolerance_is_a_part_of_what_is_billed_or_dollars(
    tolerance: str,
    usd: str,
    is_within: bool,  # noqa: FBT001 - a column of the table
) -> None:
    one = sum_of([line("10.0000000000000")], [booked(usd, quantity=1)])

    assert tolerance_of(tolerance).admits(one) is is_within


@pytest.mark.parametrize("text", ["", "much", "-1", "-1%", "NaN", "inf%", "1%%", "1$"])
def test_what_is_no_tolerance_is_told_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 0\.5%"):
        tolerance_of(text)


@given(LINES, BOOKED, st.decimals("-10", "10", places=12))
def test_sums_by_day_are_the_sum_of_all(
    lines: list[InvoiceLine], totals: list[Booked], posted: Decimal
) -> None:
    found = stated(lines, totals, str(posted))
    whole = summed(found)
    days = summed_by(found, lambda one: one.explained.match.scope.start_ns).values()

    for name in ("billed_usd", "booked_usd", "difference_usd", "posted_usd", "drift_usd"):
        assert total(getattr(day, name) for day in days) == getattr(whole, name)
    assert total(whole.causes.values()) == whole.difference_usd
