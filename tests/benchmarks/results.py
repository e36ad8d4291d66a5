"""What came of a run: the figures of each area, when, and what they were measured on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.benchmarks.figure import Figure
from tests.benchmarks.machine import Machine


class Measured(NamedTuple):
    """One area."""

    name: str
    title: str
    about: str
    measured_on: str
    """The day, as 2026-11-22."""
    seconds: int
    """How long it took."""
    figures: tuple[Figure, ...]
    failed: str | None = None
    """Why there are no more figures; None where all were measured."""


class Results(NamedTuple):
    """One run of the suite, or of some areas of it."""

    machine: Machine
    areas: tuple[Measured, ...]

    def missed(self) -> Iterator[tuple[Measured, Figure]]:
        """Yield the figures that miss their aim."""
        for area in self.areas:
            yield from ((area, figure) for figure in area.figures if figure.is_missed)

    def in_place_of(self, former: Results) -> Results:
        """Return the former results, of the same machine, with these areas in the place of their former selves."""
        anew = {area.name: area for area in self.areas}
        kept = tuple(anew.pop(area.name, area) for area in former.areas)
        return Results(self.machine, (*kept, *anew.values()))
