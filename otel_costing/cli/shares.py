"""Shares and ratios in tables: what is unknown is a dash. JSON and CSV have them with all their digits."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_TENTH = Decimal("0.1")
_DIGITS = 4
_FEWEST_DECIMALS = 2


def percent(share: Decimal | None) -> str:
    """Return a share as people read it, to a tenth."""
    if share is None:
        return "-"
    return f"{(share * 100).quantize(_TENTH, ROUND_HALF_EVEN):f} %"


def ratio(amount: Decimal | None) -> str:
    """Return an amount for each of something, to four digits that say something: it was rounded anyway."""
    if amount is None:
        return "-"
    if not amount:
        return "0.00"
    step = Decimal(1).scaleb(min(amount.adjusted() - _DIGITS + 1, -_FEWEST_DECIMALS))
    return f"{amount.quantize(step, ROUND_HALF_EVEN):,f}"
