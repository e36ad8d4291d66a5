"""Instants are exact to the microsecond, and never naive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from otel_costing.instants import ns_of


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), 1_000),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1_000),
        (datetime(2025, 6, 10, tzinfo=UTC), 1_749_513_600_000_000_000),
        (datetime(2025, 6, 10, 2, tzinfo=timezone(timedelta(hours=2))), 1_749_513_600_000_000_000),
    ],
)
def test_an_instant_is_counted_exactly(instant: datetime, expected: int) -> None:
    assert ns_of(instant) == expected


def test_a_naive_time_is_no_instant() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        ns_of(datetime(2025, 6, 10))  # noqa: DTZ001 - this is what is refused
