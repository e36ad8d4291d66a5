"""Amounts, quantities and times as providers write them -> exact values. Every `ValueError` says what to write."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

DAY_NS = 86_400 * 10**9
_LARGEST = Decimal(10) ** 18
_MOST_DIGITS = 40
_UNIT = re.compile(
    r"\s*(?P<number>\d{1,3}(,\d{3})+|\d{1,12})?\s*(?P<scale>(k|m|thousand|million)(?=\b|tok))?(?![\d.,])",
    re.ASCII | re.IGNORECASE,
)
_UNTOLD = re.compile(r"\d|^\s*units?\s*$", re.IGNORECASE)
_SCALES = {"": 1, "k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MONTHS = 12
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DateOrder(StrEnum):
    """How to read `01/10/2026`."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


def decimal_of(value: Any) -> Decimal:
    """Read an exact number from text, a whole number or a decimal.

    Raises:
        ValueError: it is none, or larger or longer than any invoice's.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"{_short(value)} is no number")  # noqa: TRY004 - bad data, not a bug
    try:
        # Decimal reads "1_5" as 15.
        number = Decimal(value.strip().replace("_", "?") if isinstance(value, str) else value)
    except InvalidOperation:
        raise ValueError(f"{_short(value)} is no decimal number") from None
    if not number.is_finite() or number.copy_abs() > _LARGEST:
        raise ValueError(f"{_short(value)} is larger than any amount on an invoice")
    if (
        len(number.as_tuple().digits) > _MOST_DIGITS
        or int(number.as_tuple().exponent) < -_MOST_DIGITS
    ):
        raise ValueError(f"{_short(value)} has over {_MOST_DIGITS} digits")
    return number


def instant_of(value: Any, order: DateOrder | None = None) -> int:
    """Read a day or an instant, nanoseconds since 1970 UTC: ISO 8601, `10/31/2026`, or Unix seconds.

    One without an offset is UTC, as every export here means it.

    Args:
        value: as the export has it.
        order: of a date with slashes; None where only one that can be read in one way is.

    Raises:
        ValueError: it is none of these, in no year that was billed, or a date that may be two days.
    """
    moment = _moment_of(value, order)
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError(f"{_short(value)} is in no year that can have been billed")
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000


def day_of_instant(at_ns: int) -> int:
    """Return the start of the UTC day."""
    return at_ns - at_ns % DAY_NS


def units_of(text: str) -> Decimal | None:
    """Return how many single units one of a billed unit is: `1K Tokens` is 1000, `tokens` is 1.

    None where nobody can tell: the `Units` of a marketplace are thousands of one seller and millions of another.
    """
    found = _UNIT.match(text)
    if found is None or _UNTOLD.search(text[found.end() :]):
        return None
    number = Decimal((found["number"] or "1").replace(",", ""))
    return number * _SCALES[(found["scale"] or "").lower()]


def _moment_of(value: Any, order: DateOrder | None) -> datetime:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        seconds = decimal_of(value)
        if abs(seconds) > 10**11:
            raise ValueError(f"{_short(value)} is no time in seconds")
        return datetime.fromtimestamp(int(seconds), UTC)
    if not isinstance(value, str):
        raise ValueError(f"{_short(value)} is no day or instant")  # noqa: TRY004 - bad data, not a bug
    text = value.strip()
    slashed = _SLASHED.fullmatch(text)
    if slashed:
        return _slashed(text, *map(int, slashed.groups()), order=order)
    if text.isdecimal() and len(text) >= 9:
        return _moment_of(int(text[:20]), order)
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        raise ValueError(f"{_short(value)} is no day or instant; write 2026-10-31") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _slashed(text: str, first: int, second: int, year: int, *, order: DateOrder | None) -> datetime:
    if order is None and first != second and max(first, second) <= _MONTHS:
        raise ValueError(
            f"{text} may be {year}-{first:02}-{second:02} or {year}-{second:02}-{first:02}: say --dates month-first or "
            f"--dates day-first, or write {year}-{first:02}-{second:02}"
        )
    is_day_first = first > _MONTHS if order is None else order is DateOrder.DAY_FIRST
    day, month = (first, second) if is_day_first else (second, first)
    if order is not None and month > _MONTHS >= day:
        other = next(one for one in DateOrder if one is not order)
        raise ValueError(f"{text} is no date that is written {order}; say --dates {other}")
    return datetime(year, month, day, tzinfo=UTC)


def _short(value: Any) -> str:
    text = (
        repr(value) if not isinstance(value, int) or abs(value) < 10**30 else "a very long number"
    )
    return text if len(text) <= 60 else f"{text[:57]}..."
