"""What no tie joins is settled apart to the same end as all at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.examined import Examined
from otel_costing.skeleton import skeleton_of
from otel_costing.ties import Ties
from tests.calls import NOON, hex_id, record, sighting
from tests.random_truths import Truth, truths
from tests.test_settlement_laws import at_once, stated


def parts_of(told: list[Examined], most: int = 1) -> list[list[Examined]]:
    """Return spans by part."""
    ties = Ties()
    ties.add(told)
    numbers = ties.parts(most)
    return [
        [one for one, number in zip(told, numbers, strict=True) if number == part]
        for part in range(max(numbers) + 1)
    ]


@settings(max_examples=60, deadline=None)
@given(truths(traces=3), st.data())
def test_settled_part_by_part_the_same_is_booked_as_at_once(
    truth: Truth, data: st.DataObject
) -> None:
    told = data.draw(st.permutations(truth.told))
    booked = [one for part in parts_of(told) for one in at_once(part)]

    assert stated(booked) == stated(at_once(told))
    assert len(booked) == len(at_once(told))


def span(
    trace: int, response_id: str | None = None, *, of: str = "app", is_report: bool = False
) -> Examined:
    """Return a span of a trace, a call if it has a response id."""
    told = record(trace=hex_id(trace, 32), service=of, end_ns=NOON if is_report else None)
    account = None if response_id is None else sighting(told, response_id=response_id)
    return Examined(skeleton_of(told, Attribution()), account)


@pytest.mark.parametrize(
    ("spans", "parts"),
    [
        ((span(1), span(2), span(1)), [0, 1, 0]),
        ((span(1, "a"), span(2, ""), span(3, ""), span(4, "a")), [0, 1, 2, 0]),
        ((span(1, "a"), span(2, "b"), span(1, "b"), span(3, "c")), [0, 0, 0, 1]),
        ((span(1, "a"), span(2, "b", of="batch"), span(3, "", is_report=True)), [0, 1, 0]),
    ],
    ids=[
        "of one trace",
        "of one response",
        "of one trace that shares a response",
        "of a service that reports",
    ],
)
def test_what_is_tied_is_in_one_part(spans: Sequence[Examined], parts: list[int]) -> None:
    ties = Ties()
    ties.add(spans)

    assert list(ties.parts(most=1)) == parts


def test_a_part_is_filled_before_the_next_begins() -> None:
    ties = Ties()
    ties.add(span(number // 2) for number in range(10))

    assert list(ties.parts(most=5)) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
