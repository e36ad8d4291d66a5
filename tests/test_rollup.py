"""Totals by any dimension sum to the same, and trees add up whatever the parents say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from otel_costing.attribution import Attribution
from otel_costing.dimensions import DIMENSIONS, PAYS
from otel_costing.ledger import reversal
from otel_costing.rollup import Total, totals
from otel_costing.trace_tree import Node, tree
from otel_costing.usage import Unpriced
from tests.calls import NOON, SECOND, entry, hex_id, skeleton

SEARCH = Attribution(team="search", workflow="rank", origin_team="support", origin_source="baggage")
ENTRIES = (
    entry(1, attribution=SEARCH),
    entry(2, {"input": 10, "cache_read": 90, "output": 7}, attribution=Attribution(team="drafts")),
    entry(3, {"input": 5}, unpriced="unknown_model", trace="b" * 32),
)
SPANS = (skeleton(9, attribution=Attribution(team="support", workflow="resolve-ticket")),)


@pytest.mark.parametrize("pays", PAYS)
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_side_sums_to_the_same(dimension: str, pays: str) -> None:
    rows = totals(ENTRIES, [dimension], pays, spans=SPANS)

    assert sum(row.usd or 0 for row in rows) == sum(one.total_usd or 0 for one in ENTRIES)
    if dimension != "meter":
        assert sum(row.calls for row in rows) == 3


def test_the_caller_is_the_origin_or_else_the_root_of_the_trace() -> None:
    owners = {row.values: row.calls for row in totals(ENTRIES, ["team"], "owner", spans=SPANS)}
    callers = {row.values: row.calls for row in totals(ENTRIES, ["team"], "caller", spans=SPANS)}

    assert owners == {("search",): 1, ("drafts",): 1, (None,): 1}
    assert callers == {("support",): 2, (None,): 1}


def test_what_has_no_price_is_none_and_counted() -> None:
    (row,) = totals(ENTRIES[2:], ["status_reason"])

    assert row == Total(("unknown_model",), None, 1, 1, None)


def test_a_reversed_call_is_no_call() -> None:
    booked = entry(1)

    assert totals([booked, reversal(booked, "duplicate")], ["model"]) == []


def test_by_meter_shows_quantities_and_a_call_without_items_once() -> None:
    rows = totals((entry(1, {"input": 4, "output": 2}), entry(2, Unpriced("no_usage"))), ["meter"])

    assert {row.values: (row.quantity, row.calls) for row in rows} == {
        ("input",): (4, 1),
        ("output",): (2, 1),
        (None,): (None, 1),
    }


def test_times_are_named_in_utc_and_weeks_by_their_monday() -> None:
    (row,) = totals(ENTRIES[:1], ["hour", "day", "week", "month", "billing_period"])

    assert row.values == (
        "2026-11-22T12:00:00Z",
        "2026-11-22",
        "2026-11-16",
        "2026-11",
        "2026-11",
    )


def _shape(nodes: list[Node]) -> list[object]:
    return [(node.span_id[-2:], _shape(node.children)) for node in nodes]


def test_a_tree_has_own_and_subtree_cost() -> None:
    calls = [entry(2, parent=1), entry(3, parent=2)]
    (root,) = tree([skeleton(1), skeleton(2, 1), skeleton(3, 2)], calls)
    own = calls[0].total_usd
    assert own is not None

    assert (root.own_usd, root.subtree_usd, root.status) == (None, 2 * own, "")
    assert (root.children[0].own_usd, root.children[0].subtree_usd) == (own, 2 * own)
    assert [item.meter for item in root.children[0].lines] == ["input", "output"]


def test_nothing_priced_below_is_none_and_not_zero() -> None:
    (root,) = tree([skeleton(1)], [entry(2, unpriced="unknown_model", parent=1)])

    assert root.subtree_usd is None
    assert root.children[0].status == "unpriced"


@pytest.mark.parametrize(
    ("parents", "shape"),
    [
        ({1: None, 2: 7}, [("02", []), ("03", [])]),
        ({1: 2, 2: 1}, [("02", [("03", [])])]),
        ({1: 1}, [("02", [])]),
        ({1: None, 2: 3, 3: 2}, [("02", []), ("03", [("04", [])])]),
    ],
    ids=["orphan", "circle", "own parent", "circle beside a root"],
)
def test_odd_parents_lose_no_span(parents: dict[int, int | None], shape: list[object]) -> None:
    spans = [
        skeleton(span, parent, start_ns=NOON + span * SECOND) for span, parent in parents.items()
    ]

    assert _shape(tree(spans, [])) == shape


def test_a_span_told_twice_is_one_and_a_call_without_its_span_stands_in() -> None:
    roots = tree([skeleton(1), skeleton(1)], [entry(2, parent=1)])

    assert _shape(roots) == [("02", [("03", [])])]
    assert roots[0].children[0].name == "chat m"


def test_a_chain_of_a_hundred_thousand_spans_is_a_tree() -> None:
    spans = [skeleton(n, n - 1 if n else None) for n in range(100_000)]
    (root,) = tree(spans, [entry(99_999, {"input": 1})])

    assert root.subtree_usd == Decimal("0.0000025")
    assert root.span_id == hex_id(0)
