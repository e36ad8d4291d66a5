"""Ratios in tables, as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from otel_costing.cli.shares import ratio


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "-"),
        ("0E-12", "0.00"),
        ("0.000000000001", "0.000000000001000"),
        ("1234.5", "1,234.50"),
        ("-3.5", "-3.500"),
    ],
)
def test_a_ratio_has_four_digits_that_say_something(amount: str | None, shown: str) -> None:
    assert ratio(None if amount is None else Decimal(amount)) == shown
