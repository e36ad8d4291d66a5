"""Two rates that bill the same are the same, however they are written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from otel_costing.rate_keeping.comparison import Difference, differences, same_prices
from tests.small_catalogues import rates_of


def both(one: str, other: str) -> bool:
    (first,), (second,) = (rates_of(f"      - {text}\n") for text in (one, other))
    return same_prices(first, second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{from: null, prices: {input: "1"}}', '{from: 2026-01-01, prices: {input: "1.0"}}'),
        (
            '{from: null, prices: {output: "1"}}',
            '{from: null, prices: {output: "1", reasoning: "1"}}',
        ),
        (
            '{from: null, prices: {input: "1"}}',
            '{from: null, prices: {input: {usd: "0.001", per: 1000}}}',
        ),
        (
            '{from: null, prices: {input: "1"}}',
            '{from: null, prices: {input: "1"}, context: [{over: 200000, prices: {input: "1"}}]}',
        ),
        (
            '{from: null, prices: {input: "1"}, hours: [{between: "16:30-00:30", prices: {input: "2"}}]}',
            '{from: null, prices: {input: "2"}, hours: [{between: "00:30-16:30", prices: {input: "1"}}]}',
        ),
    ],
)
def test_what_bills_the_same_is_the_same(one: str, other: str) -> None:
    assert both(one, other)


@pytest.mark.parametrize(
    "other",
    [
        '{from: null, prices: {input: "1", output: "2.000001"}}',
        '{from: null, prices: {input: "1", output: "2", cache_read: "1"}}',
        '{from: null, prices: {input: "1", output: "2", reasoning: "3"}}',
        '{from: null, prices: {input: "1", output: "2"}, context: [{over: 5, prices: {input: "1", output: "3"}}]}',
        '{from: null, prices: {input: "1", output: "2"}, hours: [{between: "01:00-02:00", days: [sun], prices: {input: "1"}}]}',
    ],
)
def test_what_bills_one_quantity_at_one_hour_otherwise_is_another(other: str) -> None:
    assert not both('{from: null, prices: {input: "1", output: "2"}}', other)


def test_differences_name_the_meter_the_size_and_both_prices() -> None:
    old, new = rates_of("""\
      - {from: null, prices: {input: "1", web_search: "10"}}
      - {from: 2026-01-01, prices: {input: "1", cache_read: "0.1"}, context: [{over: 9, prices: {input: "2", cache_read: "0.1"}}]}
""")
    found = differences(old, new)
    assert [each for each in found if each.meter in {"input", "web_search", "cache_read"}] == [
        Difference(0, "cache_read", None, Decimal("0.1")),
        Difference(0, "web_search", Decimal(10), None),
        Difference(10, "input", Decimal(1), Decimal(2)),
        Difference(10, "cache_read", None, Decimal("0.1")),
        Difference(10, "web_search", Decimal(10), None),
    ]
