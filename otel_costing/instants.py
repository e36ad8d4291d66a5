"""Instants as the ledger and the rates count them: whole nanoseconds since 1970 UTC, without a float between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_US = 1_000


def ns_of(instant: datetime) -> int:
    """Return an aware `datetime` in nanoseconds since 1970 UTC, exact.

    Raises:
        ValueError: it has no time zone; a price holds at an instant.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"{instant!r} must be timezone-aware: a price holds at an instant, in UTC")
    return (instant - _EPOCH) // timedelta(microseconds=1) * _NS_PER_US
