"""The usage that agents, workflows and tools repeat is charged only where nothing beneath it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from otel_costing.aggregates import Tokens, tokens_of
from otel_costing.ledger import AGGREGATE, LedgerEntry
from otel_costing.settlement import Settlement, settle
from otel_costing.usage import Unpriced
from tests.calls import NOON, SECOND, hex_id, record, sighting

ID = "chatcmpl-BxQ1c9mZk7Lr3TtV0aWp5sYd"
OTHER = "b" * 32
ONE = {"input": 1000, "output": 200}
TWO = {"input": 2000, "output": 400}


def agent(
    span: int,
    usage: Mapping[str, int] | None = None,
    parent: int | None = None,
    scope: str = "agents",
) -> LedgerEntry:
    """Return what an agent's span says; it lasts ten seconds."""
    of_agent = record(span, parent, scope=scope, end_ns=NOON + 10 * SECOND)
    return sighting(of_agent, usage, cause=AGGREGATE)


def call(
    span: int,
    usage: Mapping[str, int] | Unpriced | None = None,
    parent: int | None = None,
    *,
    scope: str = "client",
    at_s: int = 0,
    trace: str = "a" * 32,
) -> LedgerEntry:
    """Return what a model call's span says, begun so many seconds later."""
    of_call = record(span, parent, scope=scope, trace=trace, start_ns=NOON + at_s * SECOND)
    return sighting(of_call, usage, response_id=ID if trace == OTHER else "")


def settled(accounts: Sequence[LedgerEntry]) -> Settlement:
    return settle(accounts, {(one.trace_id, one.span_id): one.parent_span_id for one in accounts})


class Case(NamedTuple):
    """What spans say, and which of them are charged."""

    what: str
    accounts: Sequence[LedgerEntry]
    booked: Sequence[int]
    """Which spans."""
    uncovered: Sequence[int] = ()


CASES = (
    Case("an agent alone is charged", [agent(1)], [1]),
    Case("an agent above its call is not", [agent(1), call(2, parent=1)], [2]),
    Case(
        "an agent above calls that sum to what it says is not",
        [agent(1, TWO), call(2, parent=1), call(3, parent=1, at_s=2)],
        [2, 3],
    ),
    Case("of nested agents alone the innermost is charged", [agent(1), agent(2, parent=1)], [2]),
    Case(
        "two agents under one are charged where neither has a call",
        [agent(1, TWO), agent(2, parent=1), agent(3, parent=1)],
        [2, 3],
    ),
    Case(
        "of two agents under one, the one without calls is charged",
        [agent(1, TWO), agent(2, parent=1), agent(3, parent=1), call(4, parent=3)],
        [2, 4],
    ),
    Case(
        "an agent that says more than its calls is a finding and no charge",
        [agent(1, TWO), call(2, parent=1)],
        [2],
        [1],
    ),
    Case(
        "an agent above a stream without usage is a finding and no charge",
        [agent(1), call(2, Unpriced("no_usage"), parent=1)],
        [2],
        [1],
    ),
    Case(
        "a wrapper and the call inside count once beneath",
        [agent(1, TWO), call(2, parent=1, scope="framework"), call(3, parent=2)],
        [2],
        [1],
    ),
    Case(
        "a copy beside the call counts once beneath",
        [agent(1, TWO), call(2, parent=1, scope="framework"), call(3, parent=1)],
        [2],
        [1],
    ),
    Case(
        "an agent that tells of the last call only says less, which is nothing to find",
        [agent(1, ONE), call(2, parent=1), call(3, parent=1, at_s=2)],
        [2, 3],
    ),
    Case(
        "an agent inside a call of equal totals is that call",
        [call(1, scope="framework"), agent(2, parent=1)],
        [1],
    ),
    Case(
        "an agent inside a call of other totals is charged beside it",
        [call(1, scope="framework"), agent(2, TWO, parent=1)],
        [1, 2],
    ),
    Case(
        "a tool with usage between an agent and its call repeats it like the agent",
        [agent(1), agent(2, parent=1, scope="tools"), call(3, parent=2)],
        [3],
    ),
    Case(
        "an agent of another branch covers nothing",
        [agent(1), agent(2, TWO, parent=9), call(3, parent=9)],
        [1, 2, 3],
    ),
    Case(
        "an agent beside a call of equal totals, at the same time, is that call",
        [agent(2, parent=9), call(3, parent=9)],
        [3],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_what_is_charged_of_agents_and_calls(case: Case) -> None:
    found = settled(case.accounts)

    assert sorted(one.booked.span_id for one in found.calls) == [hex_id(n) for n in case.booked]
    assert [one.aggregate.span_id for one in found.uncovered] == [hex_id(n) for n in case.uncovered]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_whatever_comes_first_the_same_is_charged(case: Case) -> None:
    assert settled(case.accounts) == settled(list(reversed(case.accounts)))


def test_a_gateways_record_in_another_trace_stands_for_the_call_beneath() -> None:
    """The best informed of the two is booked; the agent is covered by whichever it is."""
    inside = sighting(record(2, 1, scope="client"), response_id=ID)
    gateway = sighting(
        record(3, trace=OTHER, scope="gateway"),
        {"input": 700, "cache_read": 300, "output": 200},
        response_id=ID,
    )
    found = settled([agent(1), inside, gateway])

    assert [one.booked.trace_id for one in found.calls] == [OTHER]
    assert found.uncovered == []


def test_what_is_missing_beneath_is_said_in_tokens() -> None:
    found = settled([agent(1, TWO), call(2, parent=1)])

    assert [(one.said, one.beneath) for one in found.uncovered] == [
        (Tokens(2000, 400), Tokens(1000, 200))
    ]


def test_an_agents_tokens_hold_every_class_of_them_and_no_fee() -> None:
    split = call(1, {"input": 700, "cache_read": 300, "output": 150, "reasoning": 50})

    assert tokens_of(split) == Tokens(1000, 200)
    assert tokens_of(call(2, Unpriced("no_usage"))) is None
