"""Sums of amounts from elsewhere, which may have more digits than a context of the application keeps."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

EXACT = Context(prec=80)
"""Twice the digits that `invoices.amounts` reads: a sum or a product of what it read is exact."""
ZERO = Decimal(0)


def total(values: Iterable[Decimal]) -> Decimal:
    """Return the exact sum."""
    found = ZERO
    for value in values:
        found = EXACT.add(found, value)
    return found
