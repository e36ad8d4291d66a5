"""Call paths: who ran on the way down to a call, and sums that lose nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from otel_costing.attribution import Attribution
from otel_costing.call_paths import MOST_ABOVE, Level, PathNode, Ran, call_paths, in_steps, together
from otel_costing.ledger import LedgerEntry
from otel_costing.rollup import net, sum_of
from otel_costing.skeleton import Skeleton
from otel_costing.trace_tree import tokens_of, tokens_together
from tests.calls import entry, skeleton
from tests.clickhouse.random_traces import Traces, traces

WAYS: list[tuple[str, Sequence[Ran], Sequence[Ran]]] = [
    ("one service", [("support", "web"), ("support", "web")], [("support", "web")]),
    (
        "another team",
        [("support", "web"), ("search", "web")],
        [("support", "web"), ("search", "web")],
    ),
    ("another service", [("a", "web"), ("a", "find")], [("a", "web"), ("a", "find")]),
    ("and back", [("a", "x"), ("b", "y"), ("a", "x")], [("a", "x"), ("b", "y"), ("a", "x")]),
    ("a team that only the call says", [("", "web"), ("", "web"), ("a", "web")], [("a", "web")]),
    ("a team that only the root says", [("a", "web"), ("", "web")], [("a", "web")]),
    ("another service of nobody", [("a", "web"), ("", "find")], [("a", "web"), ("", "find")]),
    ("a service that nobody says", [("a", "web"), ("a", "")], [("a", "web")]),
    ("nobody and nothing", [("", "")], [("", "")]),
]


@pytest.mark.parametrize(("ran", "steps"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_a_step_is_where_another_team_or_service_takes_over(
    ran: Sequence[Ran], steps: Sequence[Ran]
) -> None:
    assert in_steps(ran) == steps


def call(span: int, parent: int, *, agent: str = "", tool: str = "") -> LedgerEntry:
    one = entry(span, parent=parent, attribution=Attribution(team="search", agent=agent, tool=tool))
    return one._replace(service="find")


def span(number: int, parent: int | None, team: str, service: str) -> Skeleton:
    of_root = Attribution(team=team, workflow="resolve-ticket" if parent is None else "")
    return skeleton(number, parent, attribution=of_root)._replace(service=service)


SPANS = [span(0, None, "support", "web"), span(1, 0, "", "web"), span(2, 1, "search", "find")]
STEPS = (Level("workflow", "resolve-ticket"), Level("team", "support", "web"))
FOUND = Level("team", "search", "find")
CALLED = (Level("operation", "chat"), Level("model", "m"))


def ends(nodes: Sequence[PathNode]) -> list[object]:
    return [node.path for node in nodes if node.calls]


def test_a_path_goes_from_the_workflow_to_the_model() -> None:
    planned = call(3, 2, agent="planner", tool="lookup")

    assert ends(call_paths([planned], SPANS)) == [
        (*STEPS, FOUND, Level("agent", "planner"), Level("tool", "lookup"), *CALLED)
    ]


def test_a_call_beneath_an_unknown_span_begins_its_path_itself() -> None:
    assert ends(call_paths([call(3, 77)], SPANS)) == [(STEPS[0], FOUND, *CALLED)]


def test_parents_that_lead_in_a_circle_are_gone_through_once() -> None:
    circle = [span(5, 6, "a", "x"), span(6, 5, "b", "y")]

    (path,) = ends(call_paths([call(3, 5)], circle))

    assert path == (
        Level("workflow", ""),
        Level("team", "b", "y"),
        Level("team", "a", "x"),
        FOUND,
        *CALLED,
    )


def test_what_is_deeper_than_asked_for_ends_at_the_last_level() -> None:
    nodes = call_paths([call(3, 2), call(4, 0)], SPANS, depth=2)

    assert [(node.path, node.calls) for node in nodes] == [(STEPS[:1], 0), (STEPS, 2)]


@settings(max_examples=40, deadline=None)
@given(told=traces())
def test_no_call_and_no_cent_is_lost_or_told_twice(told: Traces) -> None:
    nodes = call_paths(told.entries, told.spans)
    booked = net(told.entries)
    roots = [node for node in nodes if len(node.path) == 1]

    assert sum_of(node.own_usd for node in nodes) == sum_of(one.total_usd for one in booked)
    assert sum_of(node.subtree_usd for node in roots) == sum_of(one.total_usd for one in booked)
    assert sum(node.calls for node in nodes) == sum(one.sign for one in booked)
    every = tokens_of(item for one in booked for item in one.items)
    assert tokens_together([node.tokens for node in nodes]) == every
    for node in nodes:
        below = [one for one in nodes if one.path[:-1] == node.path]
        assert node.subtree_usd == sum_of([node.own_usd, *(one.subtree_usd for one in below)])
        assert node.subtree_calls == node.calls + sum(one.subtree_calls for one in below)


def test_paths_of_two_sets_of_calls_are_those_of_both() -> None:
    first, second = [call(3, 2)], [call(4, 0), call(5, 2, agent="planner")]

    apart = [call_paths(some, SPANS) for some in (first, second)]

    assert together(apart) == call_paths([*first, *second], SPANS)


def test_of_a_chain_deeper_than_is_looked_at_the_nearest_spans_count() -> None:
    deep = [span(n, n - 1 if n else None, "b" if n else "a", "s") for n in range(MOST_ABOVE + 1)]

    (path,) = call_paths([entry(900, parent=MOST_ABOVE)], deep, depth=2)[1:]

    assert path.path[1] == Level("team", "b", "s")
