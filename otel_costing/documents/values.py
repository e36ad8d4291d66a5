"""Amounts, prices and instants as texts of a document."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from otel_costing.money import SCALE


def jsonable(value: Any) -> str:
    """Spell in JSON what it has no word for: decimals as strings of twelve places."""
    if isinstance(value, Decimal):
        return exact(value)
    return str(value)


def exact(value: Decimal) -> str:
    """Return an amount with its twelve decimals, as it stands in JSON and CSV."""
    return f"{value:.{SCALE}f}"


def unit_price_text(usd: Decimal | None) -> str | None:
    """Return a unit price with all the decimals it has, no more: a column may hold up to 24."""
    if usd is None:
        return None
    text = f"{usd:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant_text(at: datetime | None) -> str | None:
    """Return an instant as it stands in JSON and in what a job is asked; absent is None."""
    return None if at is None else at.isoformat()


def bounds_text(since: datetime | None, until: datetime | None) -> dict[str, str | None]:
    """Return what `--since` and `--until` say, likewise."""
    return {"since": instant_text(since), "until": instant_text(until)}
