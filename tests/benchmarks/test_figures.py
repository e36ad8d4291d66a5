"""What a figure says of what was measured."""

from __future__ import annotations

from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks import terminal
from tests.benchmarks.examples import SIZES
from tests.benchmarks.figure import Aim, Beside, Figure, Spread
from tests.benchmarks.growth import growth_of_each, growth_with
from tests.benchmarks.measure import in_turn, percent_of, spread_of


@pytest.mark.parametrize(
    ("took", "exponent", "word"),
    [
        (lambda _: 7, 0, "flat"),
        (lambda size: 3 * size**0.5, 0.5, "sublinear"),
        (lambda size: 3 * size, 1, "linear"),
        (lambda size: size * log(size), 1.11, "linear"),
        (lambda size: size**1.2, 1.2, "worse"),
        (lambda size: 0.001 * size**2, 2, "worse"),
    ],
)
def test_growth_is_the_power_of_a_known_series(took: Any, exponent: float, word: str) -> None:
    grown = growth_with("spans", {size: took(size) for size in SIZES})

    assert grown.exponent == pytest.approx(exponent, abs=0.005)
    assert (grown.word, grown.of, grown.sizes) == (word, "spans", SIZES)


@given(st.floats(0.001, 1000), st.floats(-1, 3))
def test_the_unit_of_measurement_does_not_change_growth(factor: float, power: float) -> None:
    grown = growth_with("calls", {size: factor * size**power for size in SIZES})

    assert grown.exponent == pytest.approx(power, abs=1e-6)


def test_what_each_takes_is_counted_as_often_as_there_are() -> None:
    assert growth_of_each("spans", dict.fromkeys(SIZES, 5)).word == "linear"


def test_two_sizes_are_too_few_for_a_growth() -> None:
    with pytest.raises(ValueError, match="needs 3 sizes, not 2"):
        growth_with("spans", {1: 1, 2: 2})


@pytest.mark.parametrize(
    ("at_least", "median", "is_missed"),
    [(False, 50, False), (False, 51, True), (True, 50, False), (True, 49, True)],
)
def test_an_aim_is_the_most_or_the_least(at_least: bool, median: float, is_missed: bool) -> None:  # noqa: FBT001 - a table's columns
    figure = Figure("x", spread_of([median]), "ms", Aim(50, "why", at_least=at_least))

    assert figure.is_missed is is_missed


def test_a_spread_leaves_out_a_tenth_at_either_end() -> None:
    assert spread_of([*range(100), 1000]) == Spread(10, 50, 90, 101)


def test_works_are_measured_round_by_round_and_told_work_by_work() -> None:
    done: list[str] = []
    taken = in_turn([lambda: done.append("a"), lambda: done.append("b")], times=1, rounds=3)

    assert [len(one) for one in taken] == [3, 3]
    assert "".join(done) == "ab" + "ab" + "ba" + "ab"  # once to warm both, then in changing order


def test_a_percentage_is_of_the_whole_of_its_own_round() -> None:
    assert percent_of([1, 30], [2, 40]) == Spread(50, 62.5, 75, 2)


def test_nothing_is_divided_by_a_floor_of_nothing() -> None:
    figure = Figure("x", spread_of([3]), "%", beside=Beside("a floor", 0))

    assert figure.ratio is None
    assert list(terminal.lines(figure))[1] == "    a floor (0 %)"
