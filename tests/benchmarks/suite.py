"""The suite: areas measured one after the other, said as they come; an area that fails does not take the others with it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from time import monotonic

from tests.benchmarks import terminal
from tests.benchmarks.areas import Area
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Figure
from tests.benchmarks.machine import this_machine
from tests.benchmarks.results import Measured, Results

Say = Callable[[str], object]


def run(areas: Iterable[Area], bench: Bench, say: Say) -> Results:
    """Measure, and say each figure when it is there."""
    return Results(this_machine(), tuple(_measured(area, bench, say) for area in areas))


def _measured(area: Area, bench: Bench, say: Say) -> Measured:
    for line in terminal.heading(area):
        say(line)
    began_s, today = monotonic(), datetime.now(UTC).date().isoformat()
    found: list[Figure] = []
    failed = None
    try:
        for figure in area.figures(bench):
            found.append(figure)
            for line in terminal.lines(figure, judged=not bench.short):
                say(line)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other areas are measured, and it is said
        failed = type(error).__name__  # its text may name files of this machine
        say(traceback.format_exc())
    seconds = round(monotonic() - began_s)
    return Measured(area.name, area.title, area.about, today, seconds, tuple(found), failed)
