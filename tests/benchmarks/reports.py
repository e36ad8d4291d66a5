"""How long questions take, of ledgers of more and more calls over thirty days.

Each ledger is made, settled into parts and rolled up, or given; then every question is asked in every round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from otel_costing.clickhouse.store import Store
from otel_costing.cyclic_garbage import looking_seldom
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Beside, Figure, Spread
from tests.benchmarks.measure import spread_of, wall_ms
from tests.benchmarks.questions import FLOORS, QUESTIONS, Question, asked_of
from tests.benchmarks.series import Series

_ROLLUPS = Series("rollups of thirty days anew: {size} calls", "s", "calls")


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure by the clock on the wall; what is asked about is in memory, as after the first time."""
    questions = (*FLOORS, *bench.of(QUESTIONS[::3], QUESTIONS))
    answered: dict[int, Mapping[str, Spread]] = {}
    for calls in bench.ledgers.sizes():
        with bench.ledgers.opened(calls) as store:
            answered[calls] = _answered(store, questions, *bench.of((1, 0), (5, 1)))
    for question in questions:
        yield from _said(question, answered)
    yield from _rolled_up(bench)


def _answered(
    store: Store, questions: Sequence[Question], rounds: int, before: int
) -> dict[str, Spread]:
    """Ask every question in every round, so that whatever slows the machine slows all of them.

    The rounds before those read from disk what the others find in memory.
    """
    asked = asked_of(store)
    taken: dict[str, list[float]] = {one.what: [] for one in questions}
    with looking_seldom():  # as the command does
        for _ in range(before + rounds):
            for one in questions:
                taken[one.what].append(wall_ms(partial(one.ask, asked)))
    return {what: spread_of(each[before:]) for what, each in taken.items()}


def _said(question: Question, answered: Mapping[int, Mapping[str, Spread]]) -> Iterator[Figure]:
    series = Series(f"{question.what}: {{size}} calls", "ms", "calls", aim=question.aim)
    of_each = series.figures([*answered], lambda calls: answered[calls][question.what])
    said = zip(of_each, answered.values(), strict=True)
    for figure, spreads in [*said][1:]:  # the smallest is there for the growth
        yield figure._replace(beside=_floor(question, spreads))


def _floor(question: Question, spreads: Mapping[str, Spread]) -> Beside | None:
    floor = question.floor
    return None if floor is None else Beside(floor, spreads[floor].median)


def _rolled_up(bench: Bench) -> Iterator[Figure]:
    """Yield how long the rollups took, unless a ledger was given that had them."""
    sizes, taken_s = bench.ledgers.sizes(), bench.ledgers.rolled_up_s
    if set(sizes) == set(taken_s):
        yield from _ROLLUPS.figures(sizes, lambda calls: spread_of([taken_s[calls]]))
