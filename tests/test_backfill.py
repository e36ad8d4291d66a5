"""A time is cut into windows that hold every span once, however the spans lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.backfill import Extent, Window, windows_of

HOUR_NS = 3_600 * 10**9


def windows(starts_ns: Sequence[int], most: int) -> list[Window]:
    """Cut the whole time in which these spans start."""

    def spread(since_ns: int, until_ns: int, width_ns: int) -> list[tuple[int, int]]:
        starts = [start for start in starts_ns if since_ns <= start < until_ns]
        return sorted(Counter((start - since_ns) // width_ns for start in starts).items())

    if not starts_ns:
        return []
    extent = Extent(min(starts_ns), max(starts_ns) + 1, len(starts_ns))
    return list(windows_of(spread, extent, most))


@given(
    st.lists(st.integers(-(2**62), 2**62) | st.integers(0, 50), max_size=200),
    st.integers(1, 20),
)
def test_every_span_lies_in_one_window_and_none_holds_too_many(
    starts_ns: list[int], most: int
) -> None:
    cut = windows(starts_ns, most)

    assert sum(window.spans for window in cut) == len(starts_ns)
    assert all(one.until_ns <= other.since_ns for one, other in pairwise(cut))
    for window in cut:
        within = [start for start in starts_ns if window.since_ns <= start < window.until_ns]
        assert window.spans == len(within)
        assert window.spans <= most or len(set(within)) == 1


def test_spans_of_one_instant_are_one_window_however_many() -> None:
    assert windows([5] * 100 + [6], most=10) == [Window(5, 6, 100), Window(6, 7, 1)]


@pytest.mark.parametrize("spans", [1, 10])
def test_what_fits_is_one_window(spans: int) -> None:
    assert windows([hour * HOUR_NS for hour in range(spans)], most=10) == [
        Window(0, (spans - 1) * HOUR_NS + 1, spans)
    ]
