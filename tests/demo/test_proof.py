"""What the demo holds its ledger against can fail."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from otel_costing.demo.proof import different, miscounted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_costing.demo.served import Served


def answers() -> list[Served]:
    """Two answers with an id, one without, and a refusal."""
    from otel_costing.demo.served import Served

    told = [(200, "one"), (200, "two"), (200, ""), (429, "")]
    return [Served("/chat", "gpt-5", status, name, None, ()) for status, name in told]


@pytest.mark.parametrize(
    ("booked", "said"),
    [
        pytest.param({"one": 1, "two": 1, "": 1}, [], id="each once"),
        pytest.param(
            {"one": 1, "": 1},
            ["3 answers were served, and 2 calls are booked", "the answer two is 0 calls"],
            id="one lost",
        ),
        pytest.param(
            {"one": 2, "two": 1, "": 1},
            ["3 answers were served, and 4 calls are booked", "the answer one is 2 calls"],
            id="one twice",
        ),
        pytest.param(
            {"one": 1, "two": 1, "": 2},
            ["3 answers were served, and 4 calls are booked"],
            id="a refusal booked",
        ),
        pytest.param(
            {"one": 2, "": 1},
            ["the answer one is 2 calls", "the answer two is 0 calls"],
            id="one in the place of another",
        ),
    ],
)
def test_each_answer_is_one_call(booked: Mapping[str, int], said: list[str]) -> None:
    assert list(miscounted(answers(), booked)) == said


def test_sides_that_say_the_same_do_not_differ() -> None:
    assert different({"by team": Decimal("0.50"), "by model": Decimal("0.5")}) == ""


def test_sides_that_differ_are_named_with_what_they_say() -> None:
    sides = {"by team": Decimal("0.5"), "by model": Decimal("0.500000000001"), "over HTTP": None}

    assert different(sides) == "by team: 0.5, by model: 0.500000000001, over HTTP: None"
