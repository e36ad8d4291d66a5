"""What is done from time to time leaves most of the time to booking."""

from __future__ import annotations

import pytest

from otel_costing_collector import upkeep
from otel_costing_collector.upkeep import Upkeep


class Clock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        """Return what it shows."""
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(upkeep, "time", turned)
    return turned


def done_within(clock: Clock, seconds: int, *, takes_s: float, fails: bool = False) -> int:
    """Return how often a work that is due every 10 seconds is done."""
    done = 0

    def work() -> None:
        nonlocal done
        done += 1
        clock.now_s += takes_s
        if fails:
            raise OSError("the disk is full")

    kept = Upkeep()
    until_s = clock.now_s + seconds
    while clock.now_s < until_s:
        kept.now_and_then("work", 10, work)
        clock.now_s += 0.1
    return done


def test_a_short_work_is_done_as_often_as_it_is_due(clock: Clock) -> None:
    assert done_within(clock, 1000, takes_s=0.01) == pytest.approx(99, abs=1)


def test_a_long_one_takes_a_twentieth_of_the_time(clock: Clock) -> None:
    assert done_within(clock, 1000, takes_s=10) * 10 / 1000 == pytest.approx(0.05, abs=0.01)


def test_one_that_fails_is_done_again_when_it_is_due(clock: Clock) -> None:
    assert done_within(clock, 100, takes_s=0, fails=True) == pytest.approx(9, abs=1)
