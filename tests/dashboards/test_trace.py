"""What the dashboard of one trace shows: the SQL says what `trace_tree` says, orphans and circles among it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from otel_costing.clickhouse.store import Store
from otel_costing.trace_tree import Node, summary, tree
from tests.calls import TRACE, batch, entry, hex_id, skeleton
from tests.clickhouse.random_traces import TRACES, Traces, book, traces
from tests.dashboards.traced import Row, shown


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One ledger for all: each test books what it asks for."""
    with Store.open(f"chdb://{tmp_path_factory.mktemp('ledger')}/ledger") as opened:
        yield opened


def depth_first(roots: Sequence[Node], level: int = 1) -> Iterator[tuple[int, Node]]:
    for node in roots:
        yield level, node
        yield from depth_first(node.children, level + 1)


def of_trace(told: Traces, trace_id: str) -> list[Node]:
    return tree(
        [span for span in told.spans if span.trace_id == trace_id],
        [one for one in told.entries if one.trace_id == trace_id],
    )


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(told=traces())
def test_every_panel_shows_the_tree_of_the_trace(store: Store, told: Traces) -> None:
    book(store, told)

    for trace_id in (hex_id(number, 32) for number in range(1, TRACES + 1)):
        roots = of_trace(told, trace_id)
        assert_same_flames(shown(store, "trace_cost", trace_id), roots)
        assert_same_spans(shown(store, "trace_spans", trace_id), roots)
        assert_same_calls(shown(store, "trace_calls", trace_id), roots)
        assert_same_sums(shown(store, "trace_in_all", trace_id), roots)


def assert_same_flames(rows: list[Row], roots: Sequence[Node]) -> None:
    usd = summary(roots).usd
    if not usd:
        assert rows == []
        return
    trace, *spans = rows
    assert (trace["level"], trace["value"], trace["self"]) == (0, pytest.approx(float(usd)), 0)
    expected = [
        (level, *map(_flame, (node.subtree_usd, node.own_usd)))
        for level, node in depth_first(roots)
    ]
    assert [(one["level"], one["value"], one["self"]) for one in spans] == expected


def _flame(usd: Decimal | None) -> Any:
    return pytest.approx(float(usd or 0))


def assert_same_spans(rows: list[Row], roots: Sequence[Node]) -> None:
    above = {
        child.span_id: node.span_id for _, node in depth_first(roots) for child in node.children
    }
    nodes = [node for _, node in depth_first(roots)]
    assert [one["spanID"] for one in rows] == [node.span_id for node in nodes]
    assert [one["parentSpanID"] for one in rows] == [above.get(one.span_id, "") for one in nodes]
    for row, node in zip(rows, nodes, strict=True):
        tags = {tag["key"]: tag["value"] for tag in row["tags"]}
        assert tags.get("cost.usd", "") == _written(node)
        assert tags.get("span.parent_not_known", "") == node.missing_parent
        assert ("team.calls_into" in tags) is node.is_boundary
        assert ("span.kept" in tags) is not node.is_kept
        assert (row["statusCode"], row["duration"]) == (2 * node.is_failed, node.duration_ms)


def _written(node: Node) -> str:
    if not node.status:
        return ""
    return "no price" if node.own_usd is None else f"{node.own_usd.normalize():f}"


def assert_same_calls(rows: list[Row], roots: Sequence[Node]) -> None:
    calls = [node for _, node in depth_first(roots) if node.status]

    assert [(one["span_id"], one["usd"], one["status"]) for one in rows] == [
        (node.span_id, node.own_usd, node.status) for node in calls
    ]


def assert_same_sums(rows: list[Row], roots: Sequence[Node]) -> None:
    if not roots:
        assert rows == []
        return
    (row,) = rows
    sums = summary(roots)
    for name in ("usd", "calls", "unpriced_calls", "spans", "depth", "boundaries", "failed"):
        assert row[name] == getattr(sums, name), name
    assert (row["retries"], row["duration_ms"]) == (sums.retries, sums.duration_ms)
    assert row["teams"] == len(sums.teams)
    assert row["missing_parents"] == len(sums.missing_parents)


FAN_OUT = 40
SPANS = [
    skeleton(0)._replace(name="answer"),
    skeleton(1, 0)._replace(name="look up"),
    skeleton(2, 90),
]


def test_a_label_says_what_the_width_cannot(store: Store) -> None:
    told = [entry(2, parent=90), entry(3, parent=1, unpriced="unknown_model")]
    book(store, Traces(SPANS, [], told))

    assert {one["label"]: one["value"] for one in shown(store, "trace_cost")} == {
        "Trace": pytest.approx(0.0045),
        "answer · assistant": 0,
        "look up · assistant": 0,
        "chat m-2026 · assistant (no price)": 0,
        "chat m · assistant (parent not known)": pytest.approx(0.0045),
    }


def test_every_one_of_many_calls_below_a_span_is_shown(store: Store) -> None:
    fan_out = [entry(10 + number, parent=1) for number in range(FAN_OUT)]
    book(store, Traces(SPANS, [], fan_out))

    assert len(shown(store, "trace_calls")) == FAN_OUT
    assert len(shown(store, "trace_spans")) == FAN_OUT + len(SPANS)


def test_a_trace_of_which_nothing_has_a_price_is_no_flame_of_width_0(store: Store) -> None:
    book(store, Traces(SPANS, [], [entry(2, parent=90, unpriced="unknown_model")]))

    assert shown(store, "trace_cost") == []
    (row,) = shown(store, "trace_calls")
    assert (row["usd"], row["status_reason"]) == (None, "unknown_model")


@pytest.mark.parametrize("typed", [f" 0x{TRACE.upper()}", TRACE])
def test_a_trace_is_found_however_its_id_is_typed(store: Store, typed: str) -> None:
    book(store, Traces(SPANS, [], [entry(2, parent=90)]))

    assert len(shown(store, "trace_calls", typed)) == 1


@pytest.mark.parametrize("typed", ["", "no trace", "' OR 1=1 --", "\\' OR 1=1 --"])
def test_what_is_no_trace_id_finds_nothing(store: Store, typed: str) -> None:
    book(store, Traces(SPANS, [], [entry(2, parent=90)]))

    assert shown(store, "trace_calls", typed) == []


def test_where_no_trace_is_chosen_none_is_shown(store: Store) -> None:
    """An adjustment is of no trace, and no trace's."""
    of_no_trace = entry(801)._replace(trace_id="", span_id="")
    store.book(batch([of_no_trace], name="of no trace"))

    for name in ("trace_in_all", "trace_cost", "trace_spans", "trace_calls"):
        assert shown(store, name, "") == []
