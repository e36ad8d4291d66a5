"""Exact US dollars: parse, multiply, quantise once, format.

An amount is an integer number of pico-dollars (1e-12 USD), the scale of every money column.
No function here accepts or returns a float.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded
from typing import NamedTuple

PICO = 10**12
SCALE = 12
_LARGEST_UNIT_PRICE = Decimal(10) ** 9
_MOST_DECIMALS = 24
# An application may have set a context of its own; rounding under it would be silent.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow, Rounded])


AMOUNT_PATTERN = rf"-?[0-9]{{1,12}}(\.[0-9]{{1,{SCALE}}})?"
"""How an amount in US dollars is written that is no price: as many decimals as a column has, all of them kept."""
_AMOUNT = re.compile(AMOUNT_PATTERN, re.ASCII)


class UnitPrice(NamedTuple):
    """`usd` for every `per` units, as the provider publishes it, ready to multiply."""

    usd: Decimal
    per: int
    text: str
    """Price and `per` as they stand in a span's line items, spelled once per rate."""
    numerator: int
    """Pico-dollars per `denominator` units, in lowest terms for the usual `per`."""
    denominator: int


def parse_usd(text: object) -> Decimal:
    """Read a non-negative price in USD from its decimal text.

    Args:
        text: the price as written, for example ``"2.50"``. Only `str` and `Decimal` are read:
            a YAML number has already lost its digits.

    Raises:
        ValueError: with a sentence a person can act on.
    """
    if not isinstance(text, str | Decimal):
        raise ValueError(f"write the price as a quoted string, not {text!r}")  # noqa: TRY004 - bad data, not a bug
    try:
        usd = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number") from None
    if not usd.is_finite() or usd < 0:
        raise ValueError(f"{text!r} is not a price; prices are finite and not negative")
    if usd > _LARGEST_UNIT_PRICE or -int(usd.as_tuple().exponent) > _MOST_DECIMALS:
        raise ValueError(f"{text!r} is outside what a price can be")
    return usd


def amount_of(said: object) -> Decimal | None:
    """Return an exact amount in USD from its text, a `Decimal` or a whole number; None for anything else.

    A float is no amount: which one was meant is not to be known any more.
    """
    if isinstance(said, Decimal):
        said = _plain(said) if said.is_finite() else ""
    elif isinstance(said, int) and not isinstance(said, bool):
        said = str(said) if abs(said) < PICO else ""
    return Decimal(said) if isinstance(said, str) and _AMOUNT.fullmatch(said) else None


def _plain(amount: Decimal) -> str:
    """Spell an amount without exponent and without the zeros that end it; empty where it is no believable one."""
    if len(amount.as_tuple().digits) > _EXACT.prec:
        return ""
    plain = amount.normalize(_EXACT)
    return f"{plain:f}" if abs(plain.adjusted()) <= SCALE else ""


def unit_price(usd: Decimal, per: int) -> UnitPrice:
    """Prepare `usd` per `per` units for exact multiplication."""
    numerator, divisor = usd.as_integer_ratio()
    numerator *= PICO
    denominator = divisor * per
    text = f'"unit_price_usd":"{usd:f}","per":{per}'
    if numerator % denominator == 0:
        return UnitPrice(usd, per, text, numerator // denominator, 1)
    return UnitPrice(usd, per, text, numerator, denominator)


def amount_pico(quantity: int, price: UnitPrice) -> int:
    """Return `quantity` x `price` in pico-dollars, quantised once, half to even."""
    _, _, _, numerator, denominator = price
    if denominator == 1:
        return quantity * numerator
    return _divide_half_even(quantity * numerator, denominator)


def _divide_half_even(numerator: int, denominator: int) -> int:
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient & 1):
        return quotient + 1
    return quotient


def usd_of(pico: int) -> Decimal:
    """Return pico-dollars as an exact `Decimal` of twelve decimals."""
    return _EXACT.scaleb(pico, -SCALE)


def sum_usd(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum, whatever context the application has set."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def pico_of(usd: Decimal) -> int:
    """Return an amount of at most twelve decimals, such as a column holds, in whole pico-dollars."""
    numerator, denominator = usd.as_integer_ratio()
    return numerator * PICO // denominator


def format_pico(pico: int) -> str:
    """Return the exact total as it stands on spans and in JSON: ``0.002887500000``."""
    if pico < 0:
        return f"-{format_pico(-pico)}"
    digits = str(pico)
    if len(digits) <= SCALE:
        return f"0.{digits:0>12}"
    return f"{digits[:-SCALE]}.{digits[-SCALE:]}"
