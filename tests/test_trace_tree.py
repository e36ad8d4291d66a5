"""What a tree says of each of its spans beside its cost, and of the trace as a whole."""

from __future__ import annotations

import itertools

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry
from otel_costing.skeleton import Skeleton
from otel_costing.trace_tree import Node, Summary, summary, tree
from tests.calls import NOON, entry, skeleton

MS = 10**6


def span(
    number: int, parent: int | None, team: str = "", *, start_ms: int = 0, failed: bool = False
) -> Skeleton:
    told = skeleton(
        number, parent, start_ns=NOON + start_ms * MS, attribution=Attribution(team=team)
    )
    return told._replace(duration_ms=10, failed=failed)


def call(number: int, parent: int, *, unpriced: str = "", error: str = "") -> LedgerEntry:
    return entry(number, parent=parent, unpriced=unpriced)._replace(error_type=error)


SPANS = [
    span(0, None, "support"),
    span(1, 0, start_ms=1),
    span(2, 1, "search", start_ms=2, failed=True),
    span(3, 1, "search", start_ms=20),
    span(4, 3, start_ms=21),
    span(5, 77, "drafts", start_ms=30),
]
CALLS = [call(2, 1, unpriced="unknown_model", error="timeout"), call(4, 3), call(6, 3)]


def by_number(roots: list[Node]) -> dict[int, Node]:
    found, waiting = {}, list(roots)
    while waiting:
        node = waiting.pop()
        found[int(node.span_id, 16) - 1] = node
        waiting += node.children
    return found


def test_calls_and_tokens_add_up_from_below() -> None:
    node = by_number(tree(SPANS, CALLS))

    assert [node[n].calls for n in range(7)] == [0, 0, 1, 0, 1, 0, 1]
    assert [node[n].subtree_calls for n in range(7)] == [3, 3, 1, 2, 1, 0, 1]
    assert node[0].subtree_unpriced_calls == 1
    assert node[3].subtree_tokens == {"input": 2_000, "output": 400}
    assert (node[3].tokens, node[5].subtree_tokens) == ({}, {})


def test_what_failed_and_what_was_tried_again_are_marked() -> None:
    node = by_number(tree(SPANS, CALLS))

    assert [n for n in node if node[n].is_failed] == [2]
    assert node[2].error_type == "timeout"
    assert [n for n in node if node[n].is_retry] == [3]


def test_a_boundary_is_where_another_team_takes_over_from_the_last_that_is_known() -> None:
    node = by_number(tree(SPANS, CALLS))

    assert sorted(n for n in node if node[n].is_boundary) == [2, 3]


def test_a_span_whose_parent_is_unknown_is_a_root_that_names_it() -> None:
    node = by_number(tree(SPANS, CALLS))

    assert node[5].missing_parent == f"{78:016x}"
    assert {n for n in node if node[n].missing_parent} == {5}
    assert [n for n in node if not node[n].is_kept] == [6]


def test_spans_may_come_in_any_order() -> None:
    expected = tree(SPANS, CALLS)

    for order in itertools.islice(itertools.permutations(SPANS), 0, 720, 37):
        assert tree(order, CALLS[::-1]) == expected


def test_a_span_that_comes_later_takes_its_place() -> None:
    early = tree([one for one in SPANS if one.span_id != SPANS[1].span_id], CALLS)
    late = tree(SPANS, CALLS)

    assert len(early) == 4
    assert summary(early).missing_parents == (SPANS[1].span_id, f"{78:016x}")
    assert len(late) == 2
    assert summary(early).usd == summary(late).usd


def test_a_trace_is_summed_up() -> None:
    said = summary(tree(SPANS, CALLS))

    assert said == Summary(
        spans=7,
        calls=3,
        unpriced_calls=1,
        usd=said.usd,
        tokens={"input": 3_000, "output": 600},
        depth=4,
        widest=2,
        teams=("drafts", "search", "support"),
        boundaries=2,
        failed=1,
        retries=1,
        missing_parents=(f"{78:016x}",),
        duration_ms=1_000,
    )
    assert said.usd == sum(one.total_usd or 0 for one in CALLS)


def test_nothing_is_summed_up_to_nothing() -> None:
    assert summary([])[:4] == (0, 0, 0, None)
