"""Figures as they come, on a terminal of a hundred columns."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import shown
from tests.benchmarks.areas import Area
from tests.benchmarks.figure import Figure

HEAD = f"{'figure':<56} {'median':>10} {'10 % to 90 %':>16} {'growth':>14}"


def heading(area: Area) -> Iterator[str]:
    """Yield what stands above the figures of an area."""
    yield ""
    yield f"{area.title} ({area.name})"
    yield HEAD
    yield "-" * len(HEAD)


def lines(figure: Figure, *, judged: bool = True) -> Iterator[str]:
    """Yield the line of a figure, and one for what stands beside it and its aim.

    Args:
        figure: what was measured.
        judged: whether there was enough work to judge it by its aim.
    """
    middle = shown.with_unit(figure.spread.median, figure.unit)
    yield (
        f"{figure.what:<56} {middle:>10} {shown.spread(figure):>16} {shown.growth(figure):>14}"
    ).rstrip()
    said = [*_beside(figure), *_aim(figure, judged=judged)]
    if said:
        yield f"    {'; '.join(said)}"


def _beside(figure: Figure) -> Iterator[str]:
    if figure.beside:
        yield shown.beside(figure, figure.beside)


def _aim(figure: Figure, *, judged: bool) -> Iterator[str]:
    if figure.aim:
        verdict = f": {shown.verdict(figure)}" if judged else ""
        yield f"aim {shown.aim(figure.aim, figure.unit)}{verdict}"
