"""Two catalogues beside each other: both values, for a person to judge."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.rate_keeping.disagreements import Tally, compare, times
from otel_costing.rate_keeping.quotes import Quote
from tests.rate_books import book_of, one_model
from tests.small_catalogues import day_ns

RATES = """\
      - from: null
        prices: {input: "1", output: "2"}
        context:
          - {over: 200000, prices: {input: "4", output: "8"}}
      - {from: 2027-01-01, prices: {input: "9", output: "9"}}
"""


HERE = Quote("acme_inc", "m-20260101", "standard", "", 0, "input", Decimal(0))


def quote(
    meter: str, usd: str, *, model: str = HERE.model, tier: str = HERE.tier, floor: int = 0
) -> Quote:
    """A quote for a name of the model, dated."""
    return HERE._replace(meter=meter, usd=Decimal(usd), model=model, tier=tier, floor=floor)


def test_every_price_is_laid_beside_the_rate_in_force(tmp_path: Path) -> None:
    quotes = [
        quote("input", "1.0"),
        quote("output", "2.5"),
        quote("reasoning", "2"),
        quote("input", "4", floor=200001),
        quote("output", "9", floor=200001),
        quote("web_search", "10"),
        quote("file_search", "0"),
        quote("input", "0.5", tier="batch"),
        quote("input", "1", model="unheard-of"),
        quote("output", "1", model="unheard-of"),
    ]
    found = compare(book_of(tmp_path, one_model(RATES)), quotes, day_ns("2026-11-22"))
    assert [
        (each.quote.tier, each.quote.floor, each.quote.meter, each.ours)
        for each in found.disagreements
    ] == [
        ("standard", 0, "output", Decimal(2)),
        ("standard", 200001, "output", Decimal(8)),
        ("batch", 0, "input", None),
        ("standard", 0, "web_search", None),
    ]
    assert {each.model for each in found.disagreements} == {"m"}
    assert (found.agreed, found.unknown_models) == (4, 1)


def test_prices_are_compared_for_as_many_units(tmp_path: Path) -> None:
    book = book_of(
        tmp_path, one_model('      - {from: null, prices: {input: {usd: "0.001", per: 1000}}}\n')
    )
    assert compare(book, [quote("input", "1")], 0).agreed == 1


def test_models_are_tallied_by_provider(tmp_path: Path) -> None:
    other = '  n:\n    rates: [{from: null, prices: {input: "1"}}]\n'
    quotes = [
        quote("input", "1", model="m"),
        quote("output", "2", model="m"),
        quote("input", "1"),
        quote("output", "3"),
        quote("input", "1", model="unheard-of"),
        quote("input", "1", model="x")._replace(provider="nobody"),
    ]
    found = compare(book_of(tmp_path, one_model(RATES) + other), quotes, 0)
    assert found.tallies == (Tally("acme", 1, 1, 1, 1), Tally("nobody", 0, 0, 1, 0))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("1", "4", "4"), ("4", "1", "4"), ("2", "2", "1"), ("0", "2", "Infinity"), ("0", "0", "1")],
)
def test_the_size_of_a_disagreement_is_how_many_times(one: str, other: str, ratio: str) -> None:
    assert times(Decimal(one), Decimal(other)) == Decimal(ratio)


def test_the_largest_disagreement_is_first(tmp_path: Path) -> None:
    quotes = [
        quote("web_search", "10"),
        quote("input", "1.1"),
        quote("output", "0"),
        quote("reasoning", "9"),
    ]
    found = compare(book_of(tmp_path, one_model(RATES)), quotes, 0)
    assert [each.quote.meter for each in found.disagreements] == [
        "output",
        "reasoning",
        "input",
        "web_search",
    ]
