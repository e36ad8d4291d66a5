"""Where spans stand in their traces, whatever the parents say: cycles, orphans and deep chains included."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

SpanKey = tuple[str, str]
"""Trace id and span id."""
_Span = TypeVar("_Span")


class Parents(Mapping[SpanKey, str], Generic[_Span]):
    """The parent of every span, looked up where it is asked for: of most batches nobody asks."""

    def __init__(self, spans: Mapping[SpanKey, _Span], parent_of: Callable[[_Span], str]) -> None:
        """Take the spans, and what tells the parent's span id of one."""
        self._spans = spans
        self._parent_of = parent_of

    def __getitem__(self, key: SpanKey) -> str:
        return self._parent_of(self._spans[key])

    def __contains__(self, key: object) -> bool:
        return key in self._spans

    def __iter__(self) -> Iterator[SpanKey]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)


class Ancestry(NamedTuple):
    """For each of the given spans, by its position."""

    calls: list[int | None]
    """Position of the nearest of the given spans above it."""
    depths: list[int]
    """How many known spans stand above it."""


def ancestry(given: Sequence[SpanKey], parents: Mapping[SpanKey, str]) -> Ancestry:
    """Find for each of `given` the nearest other one above it, in time linear in all spans.

    Args:
        given: spans of interest, each once.
        parents: parent span id of every known span, empty at a root. A chain that leads back into itself
            is cut where it closes.
    """
    position = {key: index for index, key in enumerate(given)}
    above: dict[SpanKey, tuple[int | None, int]] = {}
    for key in given:
        _climb(key, parents, position, above)
    return Ancestry([above[key][0] for key in given], [above[key][1] for key in given])


def _climb(
    start: SpanKey,
    parents: Mapping[SpanKey, str],
    position: Mapping[SpanKey, int],
    above: dict[SpanKey, tuple[int | None, int]],
) -> None:
    path: dict[SpanKey, None] = {}
    key = start
    while key not in above and key not in path:
        parent = (key[0], parents.get(key, ""))
        if parent not in parents:
            above[key] = (None, 0)
            break
        path[key] = None
        key = parent
    if key in path:
        del path[key]
        above[key] = (None, 0)
    for child in reversed(path):
        parent = (child[0], parents[child])
        nearest, depth = above[parent]
        above[child] = (position.get(parent, nearest), depth + 1)
