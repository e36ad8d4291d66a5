"""Rows -> blocks that a server takes: not too many keys in a question, not too many partitions in an insert."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

MOST_KEYS = 1_500
"""In one question: their text stays under the 128 KiB that a server takes for one parameter."""
_MOST_PARTITIONS = 50
"""In one block, where a server refuses more than 100."""

_Row = TypeVar("_Row")


def parts(rows: Sequence[_Row], largest: int) -> Iterator[Sequence[_Row]]:
    """Cut rows into slices of at most `largest`."""
    for start in range(0, len(rows), largest):
        yield rows[start : start + largest]


def blocks(rows: Iterable[_Row], partition_of: Callable[[_Row], str]) -> Iterator[list[_Row]]:
    """Group rows so that no block touches more partitions than a server takes."""
    partitions: dict[str, list[_Row]] = {}
    for row in rows:
        partitions.setdefault(partition_of(row), []).append(row)
    for group in parts(sorted(partitions), _MOST_PARTITIONS):
        yield [row for partition in group for row in partitions[partition]]
