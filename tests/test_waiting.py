"""What waits comes out as it came in, in parts that are settled apart, packed or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_costing import waiting
from otel_costing.attribution import Attribution
from otel_costing.examined import Examined
from otel_costing.skeleton import skeleton_of
from otel_costing.ties import Ties
from otel_costing.waiting import Waiting
from tests.calls import record, sighting
from tests.random_truths import Truth, truths

EXAMINED = Examined(skeleton_of(record(), Attribution()), sighting(record()))


@pytest.fixture(autouse=True, scope="module")
def _packed_early() -> Iterator[None]:
    """Pack few spans in small pieces."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(waiting, "_UNPACKED", 6)
        patched.setattr(waiting, "_PIECE", 3)
        yield


def filled(*requests: list[Examined]) -> Waiting:
    """Return what was told in these."""
    told = Waiting()
    for request in requests:
        told.add(request)
    return told


@settings(max_examples=30, deadline=None)
@given(truths(traces=3), st.integers(1, 8), st.integers(1, 20))
def test_every_span_is_taken_once_in_the_part_of_its_ties(
    truth: Truth, request_size: int, most: int
) -> None:
    told = truth.told * 6
    requests = [told[at : at + request_size] for at in range(0, len(told), request_size)]
    ties = Ties()
    ties.add(told)
    numbers = ties.parts(most)
    parts = list(filled(*requests).take(most))

    assert len(filled(*requests)) == len(told)
    assert parts == [
        [one for one, number in zip(told, numbers, strict=True) if number == part]
        for part in range(max(numbers) + 1)
    ]


def test_few_are_one_part_and_nothing_is_none() -> None:
    few = [EXAMINED, EXAMINED]
    told = filled(few)

    assert list(told.take(1)) == [few]
    assert list(told.take(1)) == []
    assert len(told) == 0


def test_what_comes_after_all_was_taken_is_tied_to_none_of_it() -> None:
    told = filled([EXAMINED] * 7)
    list(told.take(1))
    told.add([EXAMINED] * 7)

    assert list(told.take(1)) == [[EXAMINED] * 7]
