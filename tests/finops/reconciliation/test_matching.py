"""Every line and every booked total is compared once, at the finest grain that both sides know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given

from otel_costing.finops.invoices.amounts import DAY_NS
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.matching import (
    Booked,
    Match,
    billed_as,
    billed_twice,
    matched,
)
from tests.finops.reconciliation.sides import BOOKED, LINES, booked, line


def groups(lines: Sequence[InvoiceLine], totals: Sequence[Booked]) -> list[tuple[str, ...]]:
    """Name each match by its scope and what it holds of the ledger."""
    return [
        (f"{one.scope.model}/{one.scope.meter}", *(f"{b.model}/{b.meter}" for b in one.booked))
        for one in matched(lines, totals, DAY_NS)
    ]


@given(LINES, BOOKED)
def test_every_line_and_every_booked_total_is_in_exactly_one_match(
    lines: list[InvoiceLine], totals: list[Booked]
) -> None:
    found = matched(lines, totals, DAY_NS)

    assert Counter(each for one in found for each in one.lines) == Counter(lines)
    assert Counter(each for one in found for each in one.booked) == Counter(totals)
    assert len({one.scope for one in found}) == len(found)


@given(LINES, BOOKED)
def test_the_order_of_either_side_matters_to_nothing(
    lines: list[InvoiceLine], totals: list[Booked]
) -> None:
    def told(found: list[Match]) -> list[tuple[object, ...]]:
        return [(one.scope, sorted(one.lines), sorted(one.booked)) for one in found]

    assert told(matched(lines, totals, DAY_NS)) == told(matched(lines[::-1], totals[::-1], DAY_NS))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            [line(1), line(1, meter="output")],
            [("m/input", "m/input"), ("m/output", "m/output", "m/reasoning")],
            id="reasoning is billed as output where no line names it",
        ),
        pytest.param(
            [line(1), line(1, meter="output"), line(1, meter="reasoning")],
            [("m/input", "m/input"), ("m/output", "m/output"), ("m/reasoning", "m/reasoning")],
            id="a line of its own takes it",
        ),
        pytest.param(
            [line(1, meter="")],
            [("m/", "m/input", "m/output", "m/reasoning")],
            id="a line without a meter takes all meters of its model",
        ),
        pytest.param(
            [line(1, meter=""), line(1, meter="input")],
            [("m/", "m/output", "m/reasoning"), ("m/input", "m/input")],
            id="but for those that another line names",
        ),
        pytest.param(
            [line(1, model="", meter="output")],
            [("/output", "m/output", "m/reasoning"), ("m/input", "m/input")],
            id="a line without a model takes its meter of every model",
        ),
        pytest.param(
            [line(1, model="", meter="", item="")],
            [("/", "m/input", "m/output", "m/reasoning")],
            id="a day's total takes the provider's day",
        ),
        pytest.param(
            [line(1, model="", meter="", item="Vector stores")],
            [
                ("/",),
                ("m/input", "m/input"),
                ("m/output", "m/output"),
                ("m/reasoning", "m/reasoning"),
            ],
            id="an item that nobody knows takes nothing",
        ),
        pytest.param(
            [line(1, kind=Kind.TAX)],
            [
                ("m/input",),
                ("m/input", "m/input"),
                ("m/output", "m/output"),
                ("m/reasoning", "m/reasoning"),
            ],
            id="a tax takes nothing",
        ),
        pytest.param(
            [line(1, days=3), line(1)],
            [
                ("m/input", "m/input"),
                ("m/input",),
                ("m/output", "m/output"),
                ("m/reasoning", "m/reasoning"),
            ],
            id="of two intervals the shorter takes a day",
        ),
    ],
)
def test_a_booked_total_goes_to_the_finest_line_that_is_about_it(
    lines: list[InvoiceLine], expected: list[tuple[str, ...]]
) -> None:
    totals = [booked(1, meter=meter) for meter in ("input", "output", "reasoning")]

    assert sorted(groups(lines, totals)) == sorted(expected)


def test_accounts_are_compared_together_as_the_ledger_does_not_know_them() -> None:
    (match,) = matched([line(1, account="one"), line(2, account="two")], [booked(3)], DAY_NS)

    assert match.difference_usd == 0
    assert len(match.lines) == 2


def test_a_quantity_is_known_only_where_every_line_gives_one() -> None:
    whole, part = (
        matched([line(1, quantity=5), line(2, quantity=other, account="b")], [], DAY_NS)[0]
        for other in (7, None)
    )

    assert whole.billed_quantity == 12
    assert part.billed_quantity is None


def test_what_a_meter_is_billed_as_never_goes_in_circles() -> None:
    assert list(billed_as("reasoning")) == ["reasoning", "output"]
    assert list(billed_as("something new")) == ["something new"]


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (line(1, account="proj"), line(1)),
        (line(1, "", ""), line(1)),
        (line(1), line(1, "m", "")),
        (line(1, "", "", account="proj"), line(1, account="proj")),
        (line(1, days=3), line(1, "", "", day=1)),
    ],
)
def test_lines_of_exports_grouped_otherwise_may_bill_the_same(
    now: InvoiceLine, before: InvoiceLine
) -> None:
    assert billed_twice([now], [before]) == (now, before)
    assert billed_twice([now, before], [before]) is None


@pytest.mark.parametrize(
    "before",
    [
        line(1),
        line(1, key="another tier"),
        line(1, account="proj")._replace(provider="other"),
        line(1, "n"),
        line(1, "m", "output"),
        line(1, day=1, account="proj"),
        line(1, "", "", kind=Kind.TAX, days=3),
    ],
)
def test_lines_that_are_apart_or_the_same_bill_nothing_twice(before: InvoiceLine) -> None:
    assert billed_twice([line(1)], [before]) is None


def test_lines_of_two_named_accounts_are_apart() -> None:
    assert billed_twice([line(1, "", "", account="one")], [line(1, account="two")]) is None
