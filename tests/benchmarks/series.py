"""The same measured at several sizes: a figure for each, the growth beside the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.benchmarks.figure import Aim, Figure, Growth, Spread
from tests.benchmarks.growth import growth_of_each, growth_with


class Series(NamedTuple):
    """What is measured, of what there is more and more."""

    what: str
    """With `{size}` where the size is said."""
    unit: str
    of: str
    """What there is more of, as `spans`."""
    is_of_each: bool = False
    """Whether a figure is what a single one takes, so that the whole is as many times that."""
    aim: Aim | None = None

    def figures(self, sizes: Sequence[int], measure: Callable[[int], Spread]) -> Iterator[Figure]:
        """Yield a figure for each size, from small to large, as soon as it is measured."""
        medians: dict[int, float] = {}
        for size in sizes:
            spread = measure(size)
            medians[size] = spread.median
            grown = self._growth(medians) if size == sizes[-1] else None
            what = self.what.format(size=f"{size:,}")
            yield Figure(what, spread, self.unit, self.aim, growth=grown)

    def _growth(self, medians: Mapping[int, float]) -> Growth:
        return (growth_of_each if self.is_of_each else growth_with)(self.of, medians)
