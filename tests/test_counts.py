"""A count is a whole number of at least 0 that the wire can carry, in whatever type it came."""

from __future__ import annotations

from typing import Any

import pytest

from otel_costing.counts import LARGEST_COUNT, count_of, shown

HUGE = pytest.param(10**5000, id="of 5001 digits")


@pytest.mark.parametrize("value", [1000, "1000", 1000.0, "01000"])
def test_a_count_arrives_as_int_digits_or_float(value: Any) -> None:
    assert count_of(value) == 1000


@pytest.mark.parametrize("value", [0, LARGEST_COUNT, str(LARGEST_COUNT)])
def test_nothing_and_the_most_the_wire_carries_are_counts(value: Any) -> None:
    assert count_of(value) == int(value)


@pytest.mark.parametrize(
    "value",
    [
        *(
            -1,
            1.5,
            True,
            "many",
            "\N{FULLWIDTH DIGIT ONE}2",
            "-3",
            " 5",
            "1_0",
            "",
            None,
            (1,),
            b"5",
        ),
        *(float("nan"), float("inf"), 2.0**70, LARGEST_COUNT + 1, str(2**63), "9" * 40, HUGE),
    ],
)
def test_anything_else_is_no_count(value: Any) -> None:
    assert count_of(value) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1, "-1"),
        ("x" * 500, "'" + "x" * 39),
        (float("nan"), "nan"),
        (b"5", "a bytes"),
        (None, "a NoneType"),
        (-(10**19), "a number of over 18 digits"),
        pytest.param(10**5000, "a number of over 18 digits", id="of 5001 digits"),
    ],
)
def test_what_is_no_count_is_shown_short(value: Any, text: str) -> None:
    assert shown(value) == text
