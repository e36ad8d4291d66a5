"""Instants and days as the parameters that cut a query by time: half open, all there is where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from otel_costing.instants import midnight_ns, ns_of

NS_PER_DAY = 86_400 * 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_NS = 0
_LAST_NS = 2**63 - 1
FOREVER_US = _LAST_NS // 1_000
"""Later than any booking."""


def between(since: datetime | None, until: datetime | None) -> Mapping[str, int]:
    """Return `since_ns` and `until_ns`.

    Raises:
        ValueError: an instant has no time zone.
    """
    return {
        "since_ns": _FIRST_NS if since is None else _within_range(since),
        "until_ns": _LAST_NS if until is None else _within_range(until),
    }


def around(days: Sequence[date]) -> Mapping[str, int]:
    """Return `since_ns` and `until_ns` of days in order, from the first to the last with all between."""
    if not days:
        return between(None, None)
    return {"since_ns": midnight_ns(days[0]), "until_ns": midnight_ns(days[-1]) + NS_PER_DAY}


def us_of(instant: datetime | None) -> int:
    """Return an instant of booking, microseconds since 1970 UTC; `FOREVER_US` for None."""
    return FOREVER_US if instant is None else _within_range(instant) // 1_000


def instant_of(microseconds: int) -> datetime:
    """Return microseconds since 1970 UTC as an aware `datetime`, exact."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _within_range(instant: datetime) -> int:
    """Return an instant as the ledger counts it; beyond what it can hold, there is nothing to tell apart."""
    return min(max(ns_of(instant), _FIRST_NS), _LAST_NS)
