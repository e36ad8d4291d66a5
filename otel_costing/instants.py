"""Instants as the ledger and the rates count them: whole nanoseconds since 1970 UTC, without a float between."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_US = 1_000
_NS_PER_DAY = 86_400 * 10**9
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
FIRST_DAY = 16_436
"""2015-01-01 in days since 1970: no span is older."""
LAST_DAY = 47_481
"""2099-12-31; a year is two digits of trust, not more."""


def ns_of(instant: datetime) -> int:
    """Return an aware `datetime` in nanoseconds since 1970 UTC, exact.

    Raises:
        ValueError: it has no time zone; a price holds at an instant.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(
            f"{instant!r} must be timezone-aware: a price holds at an instant; write datetime(..., tzinfo=UTC)"
        )
    return (instant - _EPOCH) // timedelta(microseconds=1) * _NS_PER_US


def ns_of_text(text: str) -> int:
    """Return an instant of RFC 3339 in nanoseconds since 1970 UTC; digits beyond the ninth are left out.

    Raises:
        ValueError: it is none, or has no offset.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError("write an instant with its offset, such as 2026-10-01T12:00:00Z")
    day, time, fraction, offset = match.groups()
    whole = datetime.fromisoformat(f"{day}T{time}{offset.upper()}")
    return ns_of(whole) + int((fraction or "")[:9].ljust(9, "0"))


def storable_ns(nanoseconds: int) -> int:
    """Return an instant between 2015 and 2099 as it is, any other as 1970: nobody's clock, one partition."""
    return nanoseconds if FIRST_DAY <= nanoseconds // _NS_PER_DAY <= LAST_DAY else 0


def day_of(nanoseconds: int) -> int:
    """Return the UTC day of an instant, in days since 1970; 0 for instants that cannot be."""
    return storable_ns(nanoseconds) // _NS_PER_DAY


def midnight_ns(day: date) -> int:
    """Return the instant at which a UTC day begins."""
    return ns_of(datetime.combine(day, time(), UTC))
