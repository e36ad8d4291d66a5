"""Things measured turn by turn, by the processor's clock or by the one on the wall."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter_ns, process_time_ns

from tests.benchmarks.figure import Spread

Work = Callable[[], object]


def spread_of(values: Sequence[float]) -> Spread:
    """Return the median, the 10th and the 90th percentile."""
    ordered = sorted(values)
    tenth = len(ordered) // 10
    return Spread(ordered[tenth], median(ordered), ordered[-1 - tenth], len(ordered))


def cpu_us(work: Work, times: int) -> float:
    """Return the processor time of one `work()`, microseconds: other programs' turns do not count."""
    before = process_time_ns()
    for _ in range(times):
        work()
    return (process_time_ns() - before) / times / 1000


def wall_ms(work: Work) -> float:
    """Return how long a `work()` takes by the clock on the wall, milliseconds: waiting and other threads count."""
    before = perf_counter_ns()
    work()
    return (perf_counter_ns() - before) / 1e6


def in_turn(works: Sequence[Work], *, times: int, rounds: int) -> list[tuple[float, ...]]:
    """Measure each work in every round, so that whatever slows the machine slows all of them.

    Returns:
        Microseconds of processor time of one run of each work, work by work.
    """
    for work in works:
        cpu_us(work, times)
    measured = []
    for number in range(rounds):
        gc.collect()
        order = range(len(works)) if number % 2 == 0 else reversed(range(len(works)))
        by_work = {each: cpu_us(works[each], times) for each in order}
        measured.append(tuple(by_work[each] for each in range(len(works))))
    return list(zip(*measured, strict=True))


def percent_of(parts: Sequence[float], wholes: Sequence[float]) -> Spread:
    """Return what percentage each part is of its round's whole."""
    return spread_of([100 * part / whole for part, whole in zip(parts, wholes, strict=True)])
