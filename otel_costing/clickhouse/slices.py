"""A ledger of any size, a part at a time: neighbouring days, or a part of one day's calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

_DIGITS = 16**4


class Slice(NamedTuple):
    """Some days, and the ids from `first` until before `beyond`; empty where there is no such bound."""

    first_day: date
    last_day: date
    first: str
    beyond: str
    rows: int
    """About how many it holds."""

    def parameters(self) -> dict[str, Any]:
        """Return what the questions take."""
        return {name: value for name, value in self._asdict().items() if name != "rows"}


def slices(days: Iterable[tuple[date, int]], most: int) -> Iterator[Slice]:
    """Put days together until they have `most` rows, and cut a day that has more by the first digits of its ids.

    Args:
        days: in order, with the rows of each.
        most: rows, about.
    """
    together: list[tuple[date, int]] = []
    for day, rows in days:
        if together and sum(one for _, one in together) + rows > most:
            yield from _cut(together, most)
            together = []
        together.append((day, rows))
    if together:
        yield from _cut(together, most)


def _cut(days: list[tuple[date, int]], most: int) -> Iterator[Slice]:
    rows = sum(one for _, one in days)
    ranges = id_ranges(rows, most)
    for first, beyond in ranges:
        yield Slice(days[0][0], days[-1][0], first, beyond, rows // len(ranges))


def id_ranges(rows: int, most: int) -> list[tuple[str, str]]:
    """Return ranges of ids in hex, each of about `most` out of `rows`: they are digests, and spread evenly."""
    number = max(min(-(-rows // most), _DIGITS), 1)
    edges = [f"{at * _DIGITS // number:04x}" for at in range(1, number)]
    return list(zip(["", *edges], [*edges, ""], strict=True))
