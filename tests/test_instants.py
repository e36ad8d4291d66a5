"""Instants are exact to the microsecond, and never naive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from otel_costing.instants import ns_of, ns_of_text


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2025-06-10T02:00:00+02:00", 1_749_513_600_000_000_000),
        ("2025-06-10t00:00:00.5z", 1_749_513_600_500_000_000),
        ("2025-06-10T00:00:00.123456789999Z", 1_749_513_600_123_456_789),
        ("1969-12-31T23:59:59.999999999Z", -1),
    ],
)
def test_an_instant_of_rfc_3339_is_read_to_the_nanosecond(text: str, expected: int) -> None:
    assert ns_of_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2025-06-10", "2025-06-10T00:00:00", "2025-06-10 00:00:00Z"),
        *("2025-02-30T00:00:00Z", "2025-06-10T24:00:01Z", "2025-06-10T00:00:00+25:00"),
        *("1749513600", "٢٠٢٥-06-10T00:00:00Z", "2025-06-10T00:00:00Z "),
    ],
)
def test_what_is_no_instant_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ns_of_text(text)
