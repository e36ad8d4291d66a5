"""Calls priced a moment ago in this process, so that one call seen by two instrumentations is charged once here.

What the ledger books is settled anew from all spans of a trace (`settlement`); this keeps a receipt, a metric and the
figures on spans right before that, by the rules of `same_call` as far as one process can know in time.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple, TypeVar

from otel_costing.response_ids import REPORT_NS, SAME_CALL_NS, identifies
from otel_costing.usage import Call, Usage

_MOST_REMEMBERED = 4096
_MOST_TRIED = 8
_MOST_WAITING = 512

_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")


class Sighting(NamedTuple):
    """A call as a span told of it, where and when. Times in nanoseconds since 1970 UTC."""

    call: Call
    scope: str
    trace_id: int
    span_id: int
    parent_id: int
    """0 at the root of a trace."""
    start_ns: int
    end_ns: int


_Totals = tuple[int, int]


class RecentCalls:
    """A bounded memory of priced calls. Safe to use from any thread.

    Only spans of different instrumentation scopes are compared, so while a process has one scope, calls just wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._only_scope: str | None = None
        self._has_several_scopes = False
        self._of_only_scope: deque[Sighting] = deque(maxlen=_MOST_WAITING)
        self._ids: dict[str, Sighting] = {}
        self._below: dict[tuple[int, int, _Totals], Sighting] = {}
        self._alike: dict[_Totals, dict[str, list[Sighting]]] = {}

    def repeats(self, seen: Sighting) -> str | None:
        """Return why a call is one that was priced before, None for a new one, which is then remembered.

        `same_response_id`: the same identity with equal totals. `wrapper`: another instrumentation told of a call of
        equal model and usage right below this span, beside it at the same time, or just before this report of it.
        Two spans of one instrumentation scope are two calls unless their id says otherwise.
        """
        call = seen.call
        usage, response_id = call.usage, call.response_id
        if not isinstance(usage, Usage):
            return None
        is_identity = identifies(response_id)
        with self._lock:
            known = self._ids.get(response_id) if is_identity else None
            is_same = known is not None and _is_one_response(known, seen, usage)
            reason = "same_response_id" if is_same else None
            if seen.scope != self._only_scope or self._has_several_scopes:
                reason = self._among_scopes(seen, usage, reason)
            elif reason is None:
                self._of_only_scope.append(seen)
            if is_identity and reason is None:
                if len(self._ids) >= _MOST_REMEMBERED:
                    _forget_half(self._ids)
                self._ids[response_id] = seen
        return reason

    def _among_scopes(self, seen: Sighting, usage: Usage, reason: str | None) -> str | None:
        """Compare a call with those of other scopes, unless its id has told already."""
        if not self._has_several_scopes:
            if self._only_scope is None:
                self._only_scope = seen.scope
                self._of_only_scope.append(seen)
                return reason
            self._compare_from_now_on()
        # Copies of a call differ in how finely they split input and output, not in their sums.
        totals = usage.totals()
        reason = reason or self._reason(seen, totals)
        self._remember(seen, totals, is_new=reason is None)
        return reason

    def _compare_from_now_on(self) -> None:
        self._has_several_scopes = True
        for earlier in self._of_only_scope:
            usage = earlier.call.usage
            if isinstance(usage, Usage):
                self._remember(earlier, usage.totals(), is_new=True)
        self._of_only_scope.clear()

    def _remember(self, seen: Sighting, totals: _Totals, *, is_new: bool) -> None:
        if seen.parent_id:
            _keep(self._below, (seen.trace_id, seen.parent_id, totals), seen)
        if is_new:
            self._wait(totals, seen)

    def _reason(self, seen: Sighting, totals: _Totals) -> str | None:
        below = self._below.get((seen.trace_id, seen.span_id, totals))
        if below is not None and below.scope != seen.scope and _may_be_one(below, seen):
            return "wrapper"
        alike = self._alike.get(totals)
        return None if alike is None else _first_elsewhere(alike, seen)

    def _wait(self, totals: _Totals, seen: Sighting) -> None:
        of_scopes = self._alike.get(totals)
        if of_scopes is None:
            _keep(self._alike, totals, {seen.scope: [seen]})
            return
        waiting = of_scopes.setdefault(seen.scope, [])
        waiting.append(seen)
        if len(waiting) > _MOST_TRIED:
            del waiting[0]


def _first_elsewhere(of_scopes: dict[str, list[Sighting]], seen: Sighting) -> str | None:
    for scope, waiting in of_scopes.items():
        if scope != seen.scope:
            reason = _first_alike(waiting, seen)
            if reason is not None:
                return reason
    return None


def _first_alike(waiting: list[Sighting], seen: Sighting) -> str | None:
    for earlier in waiting:
        reason = _alike(earlier, seen)
        if reason is not None:
            # Each account tells of one call: the next alike is another's.
            waiting.remove(earlier)
            return reason
    return None


def _keep(memory: dict[_Key, _Kept], key: _Key, value: _Kept) -> None:
    if len(memory) >= _MOST_REMEMBERED:
        _forget_half(memory)
    memory[key] = value


def _forget_half(memory: dict[_Key, _Kept]) -> None:
    for oldest in list(memory)[: _MOST_REMEMBERED // 2]:
        del memory[oldest]


def _is_one_response(known: Sighting, seen: Sighting, usage: Usage) -> bool:
    """Apply rule 1 of `same_call` to a call whose response id was seen before."""
    before = known.call.usage
    return (
        seen.start_ns <= known.end_ns + SAME_CALL_NS
        and isinstance(before, Usage)
        and before.totals() == usage.totals()
        and known.call.provider == seen.call.provider
        and _may_be_one(known, seen)
    )


def _may_be_one(one: Sighting, other: Sighting) -> bool:
    """Tell whether neither model nor id speaks against it."""
    ids = one.call.response_id, other.call.response_id
    if all(ids) and ids[0] != ids[1]:
        return False
    models = {one.call.model, one.call.request_model} - {""}
    others = {other.call.model, other.call.request_model} - {""}
    return not models or not others or not models.isdisjoint(others)


def _alike(earlier: Sighting, later: Sighting) -> str | None:
    """Apply rules 3 to 5 of `same_call` to a call and one that ended after it."""
    if not _may_be_one(earlier, later):
        return None
    overlap = earlier.trace_id == later.trace_id and later.start_ns <= earlier.end_ns
    if earlier.call.response_id and later.call.response_id:
        is_around = later.start_ns <= earlier.start_ns
        return "same_response_id" if overlap or is_around else None
    if overlap and earlier.parent_id == later.parent_id:
        return "wrapper"
    return "wrapper" if _is_report_of(earlier, later) else None


def _is_report_of(earlier: Sighting, later: Sighting) -> bool:
    is_report = later.start_ns == later.end_ns and not later.call.response_id
    has_ended = earlier.start_ns < earlier.end_ns <= later.start_ns
    return is_report and has_ended and later.start_ns - earlier.end_ns <= REPORT_NS


class CountedSpans:
    """Spans whose calls a wrapping processor has counted: it leaves no mark that another such one would see."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[tuple[int, int], None] = {}

    def first(self, trace_id: int, span_id: int) -> bool:
        """Tell, once, that a span has not been counted yet."""
        with self._lock:
            if (trace_id, span_id) in self._ids:
                return False
            if len(self._ids) >= _MOST_REMEMBERED:
                del self._ids[next(iter(self._ids))]
            self._ids[trace_id, span_id] = None
            return True
