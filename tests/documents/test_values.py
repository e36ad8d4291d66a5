"""Amounts, prices and instants of documents keep every digit, and what is absent stays so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from otel_costing.documents.values import bounds_text, jsonable, unit_price_text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0.000000000000"), ("1.5", "1.500000000000"), ("-2E-12", "-0.000000000002")],
)
def test_an_amount_is_text_of_twelve_decimals(amount: str, text: str) -> None:
    assert json.dumps([Decimal(amount)], default=jsonable) == f'["{text}"]'


@pytest.mark.parametrize(
    ("price", "text"),
    [("2.50", "2.5"), ("10", "10"), ("100", "100"), ("1E-24", "0." + "0" * 23 + "1")],
)
def test_a_unit_price_has_the_decimals_that_it_has(price: str, text: str) -> None:
    assert unit_price_text(Decimal(price)) == text


def test_what_is_absent_is_none() -> None:
    assert unit_price_text(None) is None
    assert bounds_text(None, None) == {"since": None, "until": None}


def test_an_instant_keeps_its_offset() -> None:
    since = datetime(2026, 10, 1, tzinfo=timezone(timedelta(hours=2)))
    until = datetime(2026, 11, 1, tzinfo=UTC)

    assert bounds_text(since, until) == {
        "since": "2026-10-01T00:00:00+02:00",
        "until": "2026-11-01T00:00:00+00:00",
    }
