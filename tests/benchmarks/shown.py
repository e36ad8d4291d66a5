"""How figures are written for people: three digits that mean something, with their unit."""

from __future__ import annotations

from math import floor, log10

from tests.benchmarks.figure import Aim, Beside, Figure

_DIGITS = 3


def number(value: float) -> str:
    """Write a number with three digits that mean something, and all that stand before the point."""
    if value == 0:
        return "0"
    places = max(0, _DIGITS - 1 - floor(log10(abs(value))))
    return f"{value:,.{places}f}"


def with_unit(value: float, unit: str) -> str:
    """Write a number and its unit."""
    return f"{number(value)}{_unit(unit)}"


def _unit(unit: str) -> str:
    return {"/s": "/s", "us": " µs"}.get(unit, f" {unit}")


def spread(figure: Figure) -> str:
    """Write what nine of ten rounds were above and below; nothing where there was one round."""
    low, _, high, rounds = figure.spread
    return f"{number(low)} to {number(high)}" if rounds > 1 else ""


def aim(wanted: Aim, unit: str) -> str:
    """Write an aim."""
    value = f"{wanted.value:,.0f}" if wanted.value % 1 == 0 else number(wanted.value)
    return f"{'≥' if wanted.at_least else '≤'} {value}{_unit(unit)}"


def beside(figure: Figure, other: Beside) -> str:
    """Write what stands beside a figure, and how many times it the figure is."""
    times = "" if figure.ratio is None else f"{number(figure.ratio)} times "
    return f"{times}{other.name} ({with_unit(other.median, figure.unit)})"


def verdict(figure: Figure) -> str:
    """Say whether the aim is met; nothing where there is none."""
    if figure.aim is None:
        return ""
    return "missed" if figure.is_missed else "met"


def growth(figure: Figure) -> str:
    """Write the power and its word; nothing where it was measured at one size."""
    grown = figure.growth
    return f"{grown.exponent:.2f} {grown.word}" if grown else ""
