"""Calls priced a moment ago in this process, so that one call seen by two instrumentations is charged once here.

What the ledger books is settled anew from all spans of a trace (`settlement`); this keeps a receipt, a metric and the
figures on spans right before that, by the rules of `same_call` as far as one process can know in time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from otel_costing.after_fork import lock_of
from otel_costing.figures import ESTIMATED
from otel_costing.response_ids import REPORT_NS, SAME_CALL_NS, identifies
from otel_costing.usage import Call, Usage

if TYPE_CHECKING:
    from otel_costing.tally import Tally

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
    tally: Tally


class Repeat(NamedTuple):
    """Why a call is one that was seen before, and what is counted of it."""

    reason: str
    tally: Tally


_Totals = tuple[int, int]
_ANY: _Totals = (-1, -1)
"""Stands for whatever totals."""


class RecentCalls:
    """A bounded memory of priced calls. Safe to use from any thread.

    Only spans of different instrumentation scopes are compared, so while a process has one scope, calls just wait.
    """

    def __init__(self) -> None:
        self._lock = lock_of(self)
        self._only_scope: str | None = None
        self._has_several_scopes = False
        self._of_only_scope: deque[Sighting] = deque(maxlen=_MOST_WAITING)
        self._ids: dict[str, Sighting] = {}
        self._below: dict[tuple[int, int, _Totals | None], Sighting] = {}
        self._alike: dict[_Totals, dict[str, list[Sighting]]] = {}

    def repeats(self, seen: Sighting) -> Repeat | None:
        """Return why a call is one that was seen before, None for a new one, which is then remembered.

        `same_response_id`: the same identity with equal totals. `wrapper`: another instrumentation told of a call of
        equal model and usage right below this span, beside it at the same time, or just before this report of it.
        Figures that are missing or guessed agree with any of the same identity, and of the span right around.
        Two spans of one instrumentation scope are two calls unless their id says otherwise.
        """
        response_id = seen.call.response_id
        is_identity = identifies(response_id)
        repeat = None
        with self._lock:
            known = self._ids.get(response_id) if is_identity else None
            is_same = known is not None and _is_one_response(known, seen)
            if known is not None and is_same:
                repeat = Repeat("same_response_id", known.tally)
            if seen.scope != self._only_scope or self._has_several_scopes:
                repeat = self._among_scopes(seen, repeat)
            elif repeat is None:
                self._of_only_scope.append(seen)
            if is_identity and (known is None or not is_same or _is_vague(known.call)):
                if len(self._ids) >= _MOST_REMEMBERED:
                    _forget_half(self._ids)
                self._ids[response_id] = seen if repeat is None else _counted_with(seen, repeat)
        return repeat

    def _among_scopes(self, seen: Sighting, repeat: Repeat | None) -> Repeat | None:
        """Compare a call with those of other scopes, unless its id has told already."""
        if not self._has_several_scopes:
            if self._only_scope is None:
                self._only_scope = seen.scope
                self._of_only_scope.append(seen)
                return repeat
            self._compare_from_now_on()
        repeat = repeat or self._found(seen)
        if repeat is None:
            self._remember(seen, is_new=True)
        else:
            self._remember(_counted_with(seen, repeat), is_new=False)
        return repeat

    def _compare_from_now_on(self) -> None:
        self._has_several_scopes = True
        for earlier in self._of_only_scope:
            self._remember(earlier, is_new=True)
        self._of_only_scope.clear()

    def _remember(self, seen: Sighting, *, is_new: bool) -> None:
        totals = _totals(seen.call)
        if seen.parent_id:
            kinds = {totals, _ANY, None} if _is_vague(seen.call) else (totals, _ANY)
            for kind in kinds:
                _keep(self._below, (seen.trace_id, seen.parent_id, kind), seen)
        if is_new and totals is not None:
            self._wait(totals, seen)

    def _found(self, seen: Sighting) -> Repeat | None:
        totals = _totals(seen.call)
        for kind in (totals, _ANY if _is_vague(seen.call) else None):
            below = self._below.get((seen.trace_id, seen.span_id, kind))
            if below is not None and below.scope != seen.scope and _may_be_one(below, seen):
                return Repeat("wrapper", below.tally)
        alike = None if totals is None else self._alike.get(totals)
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


def _totals(call: Call) -> _Totals | None:
    """Return the sums of input and output, None without usage: copies differ in how finely they split them."""
    return call.usage.totals() if isinstance(call.usage, Usage) else None


def _is_vague(call: Call) -> bool:
    """Tell whether figures are missing, or the emitter's guess."""
    return not isinstance(call.usage, Usage) or ESTIMATED in call.assumptions


def _counted_with(seen: Sighting, repeat: Repeat) -> Sighting:
    return seen._replace(tally=repeat.tally)


def _first_elsewhere(of_scopes: dict[str, list[Sighting]], seen: Sighting) -> Repeat | None:
    for scope, waiting in of_scopes.items():
        if scope != seen.scope:
            repeat = _first_alike(waiting, seen)
            if repeat is not None:
                return repeat
    return None


def _first_alike(waiting: list[Sighting], seen: Sighting) -> Repeat | None:
    for place, earlier in enumerate(waiting):
        reason = _alike(earlier, seen)
        if reason is not None:
            # Each account tells of one call: the next alike is another's.
            del waiting[place]
            return Repeat(reason, earlier.tally)
    return None


def _keep(memory: dict[_Key, _Kept], key: _Key, value: _Kept) -> None:
    if len(memory) >= _MOST_REMEMBERED:
        _forget_half(memory)
    memory[key] = value


def _forget_half(memory: dict[_Key, _Kept]) -> None:
    for oldest in list(memory)[: _MOST_REMEMBERED // 2]:
        del memory[oldest]


def _is_one_response(known: Sighting, seen: Sighting) -> bool:
    """Apply rule 1 of `same_call` to a call whose response id was seen before."""
    return (
        seen.start_ns <= known.end_ns + SAME_CALL_NS
        and known.call.provider == seen.call.provider
        and (
            _is_vague(known.call)
            or _is_vague(seen.call)
            or _totals(known.call) == _totals(seen.call)
        )
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
