"""Sets of spans that tell of one call, joined step by step; each join says what must not come together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class _Cluster(NamedTuple):
    members: list[int]
    scopes: Counter[str]
    """How many members with usage each instrumentation scope has."""
    silent_scopes: Counter[str]
    """The same of members without usage."""
    response_ids: set[str]


class Clusters:
    """Disjoint sets of the positions `0..n-1`, at first one each."""

    def __init__(
        self, scopes: Sequence[str], response_ids: Sequence[str], informed: Sequence[bool]
    ) -> None:
        """Take of each position its scope, its response id and whether it has usage."""
        self._scopes = scopes
        self._cluster = [
            _Cluster(
                [index],
                Counter([scope] if informed[index] else ()),
                Counter(() if informed[index] else [scope]),
                {response_ids[index]} - {""},
            )
            for index, scope in enumerate(scopes)
        ]

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
        for index in from_.members:
            self._cluster[index] = into

    def join_nested(self, outer: int, inner: int) -> bool:
        """Join a call to the one around it, unless that holds another of the inner one's scope."""
        shared = self._cluster[outer].scopes.keys() & self._cluster[inner].scopes.keys()
        own = {self._scopes[outer]} if self._scopes[outer] == self._scopes[inner] else set()
        if not shared <= own or self._cluster[outer].scopes[self._scopes[inner]] > len(own):
            return self._cluster[outer] is self._cluster[inner]
        self.join(outer, inner)
        return True

    def join_silent(self, outer: int, inner: int) -> bool:
        """Join a call without usage to the one around or inside it, unless their scopes meet."""
        if self._all_scopes(outer) & self._all_scopes(inner):
            return False
        self.join(outer, inner)
        return True

    def join_apart(self, one: int, other: int) -> bool:
        """Join two that stand side by side, unless two of one scope or two ids would meet."""
        first, second = self._cluster[one], self._cluster[other]
        if first.scopes.keys() & second.scopes.keys():
            return False
        if len(first.response_ids | second.response_ids) > 1:
            return False
        self.join(one, other)
        return True

    def _all_scopes(self, index: int) -> set[str]:
        cluster = self._cluster[index]
        return {*cluster.scopes, *cluster.silent_scopes}
