"""Calls that hypothesis makes, and everything that several instrumentations tell of them.

Only what the rules of `same_call` decide beyond doubt is drawn:

- all real calls are told of by one scope, and real calls do not stand inside one another;
- equal totals mean an equal split, so that it decides nothing which of two equal calls a copy is joined to;
- what an agent used of which nothing else tells has totals of its own;
- a copy in another trace carries the call's own id, or is a report right after the end; one without usage, or
  with a coarser split in another trace, is of the same team as what stands around it;
- copies begin and end within a millisecond of their call, calls lie a quarter of a second apart or are simultaneous.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined
from otel_costing.ledger import AGGREGATE, Item, LedgerEntry
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from otel_costing.usage import Unpriced
from tests.calls import NOON, SECOND, hex_id, record, sighting

Quantities = tuple[tuple[str, int], ...]
NO_USAGE = Unpriced("no_usage")
_QUARTER = SECOND // 4
_MICRO = 1_000
_ONE_SPLIT_EACH: tuple[Mapping[str, int], ...] = (
    {"input": 1000, "output": 200},
    {"input": 700, "cache_read": 310, "output": 150, "reasoning": 50},
    {"input": 17, "output": 3},
)
_TEAMS = st.sampled_from(["", "support", "search"])


class Truth(NamedTuple):
    """What was told, and what really happened."""

    told: list[Examined]
    calls: Counter[Quantities]
    """How many calls used these quantities."""


class _Call(NamedTuple):
    span: SpanRecord
    usage: Mapping[str, int]
    response_id: str
    team: str


def quantities_of(items: tuple[Item, ...]) -> Quantities:
    """Return what was used, by meter."""
    return tuple(sorted((item.meter, item.quantity) for item in items))


class _World:
    """Draws a truth, span by span."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._spans = 0
        self.told: list[Examined] = []
        self.calls: Counter[Quantities] = Counter()

    def trace(self, number: int) -> None:
        """Draw a root with agents and other spans beneath, and calls under any of them."""
        trace = hex_id(number, 32)
        root = self._span(trace, None, NOON, 30 * SECOND, "http")
        self._tell(root)
        places = [self._spans - 1]
        for _ in range(self._draw(st.integers(0, 2))):
            place = self._span(trace, self._among(places), NOON, 29 * SECOND, "agents")
            places.append(self._spans - 1)
            self._place(place)
        for _ in range(self._draw(st.integers(0, 4))):
            self._call(trace, self._among(places))
        if self._draw(st.booleans()):
            self._agent_of_unseen_calls(trace, self._among(places))

    def _place(self, span: SpanRecord) -> None:
        """Make it a plain span or an agent; a call without usage of its own keeps the agent from being charged."""
        said = self._draw(st.sampled_from([None, *_ONE_SPLIT_EACH, {"input": 9999, "output": 999}]))
        self._tell(span, None if said is None else sighting(span, said, cause=AGGREGATE))
        if said is not None:
            inner = self._span(span.trace_id, self._spans - 1, NOON + SECOND, _QUARTER, "client")
            self._tell(inner, sighting(inner, NO_USAGE))
            self.calls[()] += 1

    def _agent_of_unseen_calls(self, trace: str, parent: int) -> None:
        usage = {"input": 100_000 + self._spans, "output": 7}
        span = self._span(trace, parent, NOON, SECOND, "agents")
        self._tell(span, sighting(span, usage, cause=AGGREGATE))
        self.calls[tuple(sorted(usage.items()))] += 1

    def _call(self, trace: str, parent: int) -> None:
        usage = self._draw(st.sampled_from(_ONE_SPLIT_EACH))
        start_ns = NOON + 2 * SECOND + self._draw(st.integers(0, 12)) * _QUARTER
        team, response_id = self._draw(_TEAMS), self._response_id()
        may_be_silent = self._draw(st.booleans())
        for scope in self._draw(st.sampled_from([(), ("framework",), ("outermost", "framework")])):
            said = self._draw(st.sampled_from([usage, _coarse(usage)]))
            if may_be_silent:
                said = self._draw(st.sampled_from([said, NO_USAGE]))
            owner = self._owner(team if may_be_silent else self._draw(_TEAMS))
            parent = self._wrapper(trace, parent, start_ns, scope, said, owner)
        span = self._span(trace, parent, start_ns, SECOND, "client")
        self._tell(
            span, sighting(span, usage, response_id=response_id, attribution=self._owner(team))
        )
        self.calls[tuple(sorted(usage.items()))] += 1
        self._copies(_Call(span, usage, response_id, team), parent)

    def _response_id(self) -> str:
        strong = f"chatcmpl-BxQ1c9mZk7Lr3TtV0aWp{self._spans:04}x"
        return self._draw(st.sampled_from(["", strong, strong]))

    def _wrapper(
        self,
        trace: str,
        parent: int,
        start_ns: int,
        scope: str,
        said: Mapping[str, int] | Unpriced,
        owner: Attribution,
    ) -> int:
        """Put a span of another scope around the call, sometimes with a plain one between."""
        around_ns = {"outermost": 3, "framework": 2}[scope] * _MICRO
        span = self._span(trace, parent, start_ns - around_ns, SECOND + 2 * around_ns, scope)
        self._tell(span, sighting(span, said, attribution=owner))
        if self._draw(st.booleans()):
            between = self._span(trace, self._spans - 1, start_ns - _MICRO, SECOND, "http")
            self._tell(between)
        return self._spans - 1

    def _copies(self, call: _Call, parent: int) -> None:
        kinds = [self._inside, self._beside, self._report]
        kinds += [self._elsewhere] if call.response_id else []
        chosen = self._draw(st.lists(st.sampled_from(range(len(kinds))), unique=True, max_size=2))
        number = self._spans - 1
        for position in chosen:
            kinds[position](call, number if position == 0 else parent)

    def _inside(self, call: _Call, parent: int) -> None:
        silent = self._draw(st.booleans())
        said: Mapping[str, int] | Unpriced = NO_USAGE if silent else _coarse(call.usage)
        owner = call.team if silent else self._draw(_TEAMS)
        self._copy(call, call.span.trace_id, parent, "transport", said, owner)

    def _beside(self, call: _Call, parent: int) -> None:
        self._copy(
            call, call.span.trace_id, parent, "observer", _coarse(call.usage), self._draw(_TEAMS)
        )

    def _elsewhere(self, call: _Call, _parent: int) -> None:
        choices: list[Mapping[str, int] | Unpriced] = [call.usage, _coarse(call.usage), NO_USAGE]
        said = self._draw(st.sampled_from(choices))
        owner = self._draw(_TEAMS) if said is call.usage else call.team
        trace = hex_id(1000 + self._spans, 32)
        self._copy(call, trace, None, "gateway", said, owner, response_id=call.response_id)

    def _report(self, call: _Call, _parent: int) -> None:
        ended_ns = call.span.end_ns + 5 * _MICRO
        span = self._span(hex_id(2000 + self._spans, 32), None, ended_ns, 0, "reporter")
        self._tell(span, sighting(span, call.usage, attribution=self._owner(call.team)))

    def _copy(
        self,
        call: _Call,
        trace: str,
        parent: int | None,
        scope: str,
        said: Mapping[str, int] | Unpriced,
        owner: str,
        *,
        response_id: str = "",
    ) -> None:
        late_ns = self._draw(st.integers(0, 3)) * _MICRO
        span = self._span(trace, parent, call.span.start_ns + late_ns, SECOND - 2 * late_ns, scope)
        attribution = self._owner(owner)
        self._tell(span, sighting(span, said, response_id=response_id, attribution=attribution))

    def _owner(self, team: str) -> Attribution:
        return Attribution(team=team, session_id=self._draw(st.sampled_from(["", "s1", "s2"])))

    def _span(
        self, trace: str, parent: int | None, start_ns: int, lasts_ns: int, scope: str
    ) -> SpanRecord:
        self._spans += 1
        end_ns = start_ns + lasts_ns
        return record(
            self._spans - 1, parent, trace=trace, start_ns=start_ns, end_ns=end_ns, scope=scope
        )

    def _tell(self, span: SpanRecord, account: LedgerEntry | None = None) -> None:
        self.told.append(Examined(skeleton_of(span, Attribution()), account))

    def _among(self, places: list[int]) -> int:
        return self._draw(st.sampled_from(places))


def _coarse(usage: Mapping[str, int]) -> dict[str, int]:
    return {
        "input": usage["input"] + usage.get("cache_read", 0),
        "output": usage["output"] + usage.get("reasoning", 0),
    }


@st.composite
def truths(draw: st.DrawFn, traces: int = 2) -> Truth:
    """Draw up to so many traces."""
    world = _World(draw)
    for number in range(draw(st.integers(1, traces))):
        world.trace(number)
    return Truth(world.told, world.calls)


@st.composite
def deliveries(draw: st.DrawFn, told: list[Examined], most: int = 6) -> list[list[Examined]]:
    """Draw the batches in which everything arrives: in any order and split, some of it again."""
    again = draw(st.lists(st.sampled_from(told), max_size=6))
    spans = draw(st.permutations([*told, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(spans)), max_size=most - 1)))
    return [
        spans[start:end]
        for start, end in zip([0, *cuts], [*cuts, len(spans)], strict=True)
        if start < end
    ]
