"""Exact US dollars."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.money import PICO, amount_pico, format_pico, parse_usd, unit_price, usd_of

prices = st.decimals(min_value=0, max_value=10**6, places=9, allow_nan=False, allow_infinity=False)
pers = st.sampled_from([1, 3, 7, 1000, 3600, 10**6, 10**9])
quantities = st.integers(min_value=0, max_value=10**12)


@given(usd=prices, per=pers, quantity=quantities)
def test_an_amount_is_the_exact_product_rounded_once_half_to_even(
    usd: Decimal, per: int, quantity: int
) -> None:
    exact = Fraction(usd) * quantity / per * PICO
    assert amount_pico(quantity, unit_price(usd, per)) == round(exact)


@pytest.mark.parametrize(("quantity", "pico"), [(1, 0), (3, 2), (5, 2), (7, 4)])
def test_halves_go_to_the_even_neighbour(quantity: int, pico: int) -> None:
    half_a_pico = unit_price(Decimal("0.000001"), 2 * 10**6)
    assert amount_pico(quantity, half_a_pico) == pico


@given(usd=prices, per=pers, quantity=quantities)
def test_the_callers_decimal_context_changes_nothing(usd: Decimal, per: int, quantity: int) -> None:
    expected = usd_of(amount_pico(quantity, unit_price(usd, per)))
    with decimal.localcontext() as context:
        context.prec = 6
        context.rounding = decimal.ROUND_UP
        assert usd_of(amount_pico(quantity, unit_price(usd, per))) == expected


@given(st.integers(min_value=-(10**24), max_value=10**24))
def test_pico_dollars_come_back_from_their_text_and_their_decimal(pico: int) -> None:
    assert Decimal(format_pico(pico)) == usd_of(pico)
    assert Fraction(usd_of(pico)) * PICO == pico


@pytest.mark.parametrize(
    ("pico", "text"),
    [
        (0, "0.000000000000"),
        (2_887_500_000, "0.002887500000"),
        (-1, "-0.000000000001"),
        (3 * PICO, "3.000000000000"),
    ],
)
def test_a_total_is_written_with_twelve_decimals(pico: int, text: str) -> None:
    assert format_pico(pico) == text


@pytest.mark.parametrize("text", ["0", "2.50", "0.000000001", "1E-9", Decimal(3)])
def test_a_price_is_read_to_the_last_digit(text: str | Decimal) -> None:
    assert parse_usd(text) == Decimal(text)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (2.5, "quoted string"),
        (3, "quoted string"),
        (None, "quoted string"),
        ("two", "not a decimal number"),
        ("-1", "not negative"),
        ("NaN", "not a price"),
        ("Infinity", "not a price"),
        ("1e10", "outside"),
        ("1e-30", "outside"),
    ],
)
def test_what_is_no_price_is_refused_with_a_sentence(written: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_usd(written)


def test_a_million_small_amounts_drift_by_nothing() -> None:
    """A float sum of 0.0035, a million times, is 3499.9999999303323."""
    price = unit_price(Decimal("3.5"), 1000)
    assert usd_of(sum(amount_pico(1, price) for _ in range(10**6))) == Decimal(3500)
