"""Which spans have to be settled together: pure. What no tie joins may be settled apart, to the same end.

A tie is what some rule of `same_call` or of `aggregates` goes by: one trace, one response id, one service that sends
reports (spans of no duration).
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable

from otel_costing.examined import Examined


class Ties:
    """The ties of spans, by the order in which they came; some fifty bytes of each."""

    def __init__(self) -> None:
        self._traces: list[int] = []
        """Of each span, by number."""
        self._above = array("I")
        """Of each trace, one that it is tied to, or itself."""
        # By the hashes of ids, which take less: two that are equal by chance tie what might as well stay apart.
        self._numbers: dict[int, int] = {}
        self._responses: dict[int, int] = {}
        self._services: defaultdict[str, set[int]] = defaultdict(set)
        self._reporting: set[str] = set()

    def add(self, spans: Iterable[Examined]) -> None:
        """Take spans."""
        for one in spans:
            trace = self._number_of(one.skeleton.trace_id)
            self._traces.append(trace)
            account = one.account
            if account is None:
                continue
            if account.response_id:
                self._tie(trace, self._responses.setdefault(hash(account.response_id), trace))
            self._services[account.service].add(trace)
            if account.started_ns == account.ended_ns:
                self._reporting.add(account.service)

    def parts(self, most: int) -> array[int]:
        """Return the number of the part that each span is in, in the order in which they came.

        Args:
            most: spans of a part, unless more are tied to one another.
        """
        for service in self._reporting:
            first, *others = self._services[service]
            for trace in others:
                self._tie(first, trace)
        groups = list(map(self._topmost, self._traces))
        part_of: dict[int, int] = {}
        part = filled = 0
        for group, size in Counter(groups).items():
            if filled and filled + size > most:
                part, filled = part + 1, 0
            part_of[group] = part
            filled += size
        return array("I", map(part_of.__getitem__, groups))

    def _number_of(self, trace_id: str) -> int:
        number = self._numbers.setdefault(hash(trace_id), len(self._above))
        if number == len(self._above):
            self._above.append(number)
        return number

    def _tie(self, one: int, other: int) -> None:
        if one != other:
            self._above[self._topmost(one)] = self._topmost(other)

    def _topmost(self, trace: int) -> int:
        above = self._above
        while above[trace] != trace:
            above[trace] = above[above[trace]]
            trace = above[trace]
        return trace
