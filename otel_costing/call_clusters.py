"""Sets of spans that tell of one call, joined step by step; each join says what must not come together.

Joins chain: what a span without usage lies between must agree too, so what is compared is always the whole sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

# One call is told of by a handful of scopes. With more, joining costs what a hostile trace likes.
_MOST_SCOPES = 32


class Teller(Protocol):
    """What of a span decides with which others it may come together."""

    @property
    def scope(self) -> str:
        """The instrumentation scope."""

    @property
    def response_id(self) -> str:
        """Empty where it has none."""

    @property
    def models(self) -> frozenset[str]:
        """All names that it gives the model; empty where it gives none."""

    @property
    def totals(self) -> object:
        """Its usage, None where it has none."""


class _Cluster(NamedTuple):
    members: list[int]
    scopes: Counter[str]
    """How many members with usage each instrumentation scope has."""
    silent_scopes: Counter[str]
    """The same of members without usage."""
    response_ids: set[str]
    models: set[str]
    totals: set[object]
    """At most one."""


class Clusters:
    """Disjoint sets of the positions `0..n-1`, at first one each."""

    def __init__(self, tellers: Sequence[Teller]) -> None:
        """Take what stands at each position."""
        self._tellers = tellers
        self._cluster = [_alone(index, teller) for index, teller in enumerate(tellers)]

    def members(self) -> list[list[int]]:
        """Return the sets, by their first member."""
        sets = {id(cluster): cluster.members for cluster in self._cluster}
        return [sorted(members) for members in sets.values()]

    def join(self, one: int, other: int) -> None:
        """Join whatever the two hold."""
        into, from_ = self._cluster[one], self._cluster[other]
        if into is from_:
            return
        if len(into.members) < len(from_.members):
            into, from_ = from_, into
        into.members.extend(from_.members)
        into.scopes.update(from_.scopes)
        into.silent_scopes.update(from_.silent_scopes)
        into.response_ids.update(from_.response_ids)
        into.models.update(from_.models)
        into.totals.update(from_.totals)
        for index in from_.members:
            self._cluster[index] = into

    def join_nested(self, outer: int, inner: int) -> None:
        """Join a call to the one around it, unless that holds another of the inner one's scope."""
        around, inside = self._cluster[outer], self._cluster[inner]
        if around is inside or not _agree(around, inside):
            return
        own = {self._tellers[inner].scope} & {self._tellers[outer].scope}
        shared = around.scopes.keys() & inside.scopes.keys()
        if shared <= own and around.scopes[self._tellers[inner].scope] <= len(own):
            self.join(outer, inner)

    def join_silent(self, outer: int, inner: int) -> None:
        """Join a call without usage to the one around or inside it, unless their scopes meet."""
        around, inside = self._cluster[outer], self._cluster[inner]
        if _agree(around, inside) and _scopes(around).isdisjoint(_scopes(inside)):
            self.join(outer, inner)

    def join_apart(self, one: int, other: int) -> bool:
        """Join two that stand side by side, unless two of one scope or two ids would meet."""
        first, second = self._cluster[one], self._cluster[other]
        if not _agree(first, second) or first.scopes.keys() & second.scopes.keys():
            return False
        if len(first.response_ids) > 1 or len(first.response_ids | second.response_ids) > 1:
            return False
        self.join(one, other)
        return True


def _alone(index: int, teller: Teller) -> _Cluster:
    scope = Counter([teller.scope])
    silent = teller.totals is None
    return _Cluster(
        [index],
        Counter() if silent else scope,
        scope if silent else Counter(),
        {teller.response_id} - {""},
        set(teller.models),
        set() if silent else {teller.totals},
    )


def _agree(one: _Cluster, other: _Cluster) -> bool:
    """Tell whether nothing is known that makes them two calls: usage, or the model."""
    if one.totals and other.totals and one.totals != other.totals:
        return False
    if one.models and other.models and one.models.isdisjoint(other.models):
        return False
    return max(_breadth(one), _breadth(other)) <= _MOST_SCOPES


def _breadth(cluster: _Cluster) -> int:
    return len(cluster.scopes) + len(cluster.silent_scopes)


def _scopes(cluster: _Cluster) -> set[str]:
    return {*cluster.scopes, *cluster.silent_scopes}
