"""What was measured: a figure with its spread, its aim, what stands beside it, and how it grows with the work."""

from __future__ import annotations

from typing import NamedTuple


class Spread(NamedTuple):
    """The median of many rounds, and what nine of ten rounds were above and below."""

    low: float
    median: float
    high: float
    rounds: int


class Aim(NamedTuple):
    """What a figure should come to, in the figure's unit."""

    value: float
    why: str
    """Where the number is from, in a few words."""
    at_least: bool = False
    """Whether more is better; else it is the most that the figure should be."""

    def is_met_by(self, median: float) -> bool:
        """Return whether a figure of this median is as it should be."""
        return median >= self.value if self.at_least else median <= self.value


class Beside(NamedTuple):
    """A peer that does the same, or a floor: work that nothing of the kind can do without. Measured in the same run."""

    name: str
    median: float
    """In the unit of the figure that it stands beside."""


class Growth(NamedTuple):
    """With which power of the amount of work the whole of it grows."""

    exponent: float
    of: str
    """What there is more of, as `spans`."""
    sizes: tuple[int, ...]

    @property
    def word(self) -> str:
        """Say it in one word.

        A doubling takes up to 15 % longer where it is `flat`, up to 80 % longer where it is `sublinear`, 1.8 to 2.2 times as
        long where it is `linear`, and more than that where it is `worse`.
        """
        steps = ((0.2, "flat"), (0.85, "sublinear"), (1.15, "linear"))
        return next((word for most, word in steps if self.exponent <= most), "worse")


class Figure(NamedTuple):
    """One line of a table."""

    what: str
    """Within its area nothing else has this name."""
    spread: Spread
    unit: str
    """`%`, `us`, `ms`, `s`, `/s`, `B`, `MB` (of 10^6 bytes) or a word for what is counted."""
    aim: Aim | None = None
    beside: Beside | None = None
    growth: Growth | None = None

    @property
    def is_missed(self) -> bool:
        """Whether there is an aim, and it is not met."""
        return self.aim is not None and not self.aim.is_met_by(self.spread.median)

    @property
    def ratio(self) -> float | None:
        """How many times what stands beside it this figure is; None where nothing does, or nothing to divide by."""
        if self.beside is None or self.beside.median <= 0:
            return None
        return self.spread.median / self.beside.median
