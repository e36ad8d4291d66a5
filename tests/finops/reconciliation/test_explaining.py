"""Named causes sum to the difference, to the last digit, and each rests on what is known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from otel_costing.finops.exact import total
from otel_costing.finops.invoices.amounts import DAY_NS
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.explaining import Cause, explained
from otel_costing.finops.reconciliation.matching import Booked, matched
from tests.finops.reconciliation.sides import BOOKED, LINES, booked, line


def causes(lines: list[InvoiceLine], totals: list[Booked]) -> dict[str, str]:
    """Sum the causes of all matches by name."""
    found: dict[str, Decimal] = {}
    for one in explained(matched(lines, totals, DAY_NS)):
        for cause, usd in one.causes.items():
            found[cause.value] = found.get(cause.value, Decimal(0)) + usd
    return {name: f"{usd.normalize():f}" for name, usd in found.items() if usd}


@given(LINES, BOOKED)
def test_causes_sum_to_the_difference_of_every_match(
    lines: list[InvoiceLine], totals: list[Booked]
) -> None:
    for one in explained(matched(lines, totals, DAY_NS)):
        assert total(one.causes.values()) == one.match.difference_usd
        assert all(one.causes.values())


@given(LINES, BOOKED)
def test_edges_of_time_zones_cancel_out(lines: list[InvoiceLine], totals: list[Booked]) -> None:
    found = explained(matched(lines, totals, DAY_NS))

    assert total(one.causes.get(Cause.EDGE, Decimal(0)) for one in found) == 0


@pytest.mark.parametrize(
    ("lines", "totals", "expected"),
    [
        pytest.param(
            [line("2.00", quantity=100)],
            [booked("1.5", quantity=75)],
            {"missing_spans": "0.5"},
            id="billed quantity that no span told of, at the billed price",
        ),
        pytest.param(
            [line("2.00", quantity=100)],
            [booked("1.5", quantity=75, unpriced=25)],
            {"unpriced_calls": "0.5"},
            id="calls without a price, at the billed price",
        ),
        pytest.param(
            [line("2.00", quantity=100)],
            [booked("1.5", quantity=100)],
            {"rate_difference": "0.5"},
            id="the same quantity at another price",
        ),
        pytest.param(
            [line("2.00", quantity=100)],
            [booked("1.0", quantity=60, unpriced=30)],
            {"unpriced_calls": "0.6", "missing_spans": "0.2", "rate_difference": "0.2"},
            id="all three at once",
        ),
        pytest.param(
            [line("1.00", quantity=50)],
            [booked("2.0", quantity=100)],
            {"not_billed": "-1"},
            id="booked quantity that is not billed",
        ),
        pytest.param(
            [line("1.00", quantity=50), line("1.00", quantity=50, day=1)],
            [booked("1.2", quantity=60), booked("0.8", quantity=40, day=1)],
            {},
            id="what one day has too much the next has too little",
        ),
        pytest.param(
            [line("1.00", quantity=50), line("1.00", quantity=50, day=2)],
            [booked("1.2", quantity=60), booked("0.8", quantity=40, day=2)],
            {"not_billed": "-0.2", "missing_spans": "0.2"},
            id="but not two days later",
        ),
        pytest.param(
            [line("1.00")], [booked("0.4", quantity=4)], {"unexplained": "0.6"}, id="no quantity"
        ),
        pytest.param([line("1.00")], [], {"missing_spans": "1"}, id="nothing is booked at all"),
        pytest.param(
            [line("1.00")], [booked(0, unpriced=9)], {"unpriced_calls": "1"}, id="nothing is priced"
        ),
        pytest.param(
            [line("1.00")],
            [booked("1.004", quantity=4)],
            {"rounding": "-0.004"},
            id="a cent's half",
        ),
        pytest.param(
            [line("1.000")],
            [booked("1.004", quantity=4)],
            {"unexplained": "-0.004"},
            id="an amount with more digits is rounded less",
        ),
        pytest.param(
            [line("1.00", quantity=4)],
            [booked("1.004", quantity=4)],
            {"rounding": "-0.004"},
            id="rounding and no other price",
        ),
        pytest.param(
            [line("1.00"), line("1.00", day=2)],
            [booked("1.00"), booked("1.00", day=2), booked("0.3", day=1), booked("0.7", day=3)],
            {"not_billed": "-0.3", "not_billed_yet": "-0.7"},
            id="days between and after what is billed",
        ),
        pytest.param(
            [line("1.00"), line("9.00", "", "", kind=Kind.TAX, days=30)],
            [booked("1.00"), booked("0.7", day=3)],
            {"taxes": "9", "not_billed_yet": "-0.7"},
            id="a month's tax does not say that its days are billed",
        ),
        pytest.param(
            [
                line("3", "", "", kind=Kind.FEE),
                line("-2", "", "", kind=Kind.CREDIT),
                line("4", "", "", kind=Kind.ADJUSTMENT),
                line("5", "", "", kind=Kind.OTHER),
                line("6", "", "", item="Vector stores"),
            ],
            [],
            {
                "fees": "3",
                "credits": "-2",
                "provider_adjustments": "4",
                "other_charges": "5",
                "unrecognised_lines": "6",
            },
            id="what is for no call",
        ),
    ],
)
def test_a_difference_has_these_causes(
    lines: list[InvoiceLine], totals: list[Booked], expected: dict[str, str]
) -> None:
    assert causes(lines, totals) == expected


def test_an_edge_is_told_on_both_days() -> None:
    found = explained(
        matched(
            [line("1.00", quantity=50), line("1.00", quantity=50, day=1)],
            [booked("1.2", quantity=60), booked("0.8", quantity=40, day=1)],
            DAY_NS,
        )
    )

    assert [one.causes for one in found] == [
        {Cause.EDGE: Decimal("-0.2")},
        {Cause.EDGE: Decimal("0.2")},
    ]
