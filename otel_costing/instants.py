"""Instants as the ledger and the rates count them: whole nanoseconds since 1970 UTC, without a float between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_US = 1_000
_NS_PER_DAY = 86_400 * 10**9
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
        raise ValueError(f"{instant!r} must be timezone-aware: a price holds at an instant, in UTC")
    return (instant - _EPOCH) // timedelta(microseconds=1) * _NS_PER_US


def storable_ns(nanoseconds: int) -> int:
    """Return an instant between 2015 and 2099 as it is, any other as 1970: nobody's clock, one partition."""
    return nanoseconds if FIRST_DAY <= nanoseconds // _NS_PER_DAY <= LAST_DAY else 0


def day_of(nanoseconds: int) -> int:
    """Return the UTC day of an instant, in days since 1970; 0 for instants that cannot be."""
    return storable_ns(nanoseconds) // _NS_PER_DAY
