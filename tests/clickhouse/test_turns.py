"""Turns at booking: one at a time, in the order in which they were asked for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from otel_costing.clickhouse.turns import Turns, turns_of


def test_those_who_wait_come_in_the_order_in_which_they_came() -> None:
    turns = Turns()
    came: list[int] = []

    def wait(number: int) -> None:
        with turns:
            came.append(number)

    waiting = []
    with turns:
        for number in range(20):
            waiting.append(threading.Thread(target=wait, args=(number,)))
            waiting[-1].start()
            while turns.waiting() <= number:
                pass
        assert came == []
    for thread in waiting:
        thread.join()

    assert came == list(range(20))


def test_whoever_comes_again_at_once_waits_for_those_who_wait() -> None:
    turns = Turns()
    came: list[str] = []
    with turns:
        other = threading.Thread(target=lambda: _enter(turns, came, "other"))
        other.start()
        while not turns.waiting():
            pass
    with turns:
        came.append("again")
    other.join()

    assert came == ["other", "again"]


def _enter(turns: Turns, came: list[str], name: str) -> None:
    with turns:
        came.append(name)


def test_an_error_within_a_turn_ends_it() -> None:
    turns = Turns()
    with pytest.raises(KeyError), turns:
        raise KeyError

    with turns:
        assert turns.waiting() == 0


def test_handles_on_one_directory_share_their_turns() -> None:
    assert turns_of(Path("/a")) is turns_of(Path("/a"))
    assert turns_of(Path("/a")) is not turns_of(Path("/b"))
