"""What of the ledger a team's token shows: its own costs, and what it pays for as a verified caller; no others' figures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry
from otel_costing.skeleton import Skeleton
from otel_costing.trace_tree import Node, tree
from otel_costing_collector.rest.visible import lifted, visible_entries
from tests.calls import entry, skeleton

BY_BAGGAGE = "baggage"


def call(team: str, *, origin: str = "", span: int = 1, parent: int | None = 0) -> LedgerEntry:
    """A call of some team's code; its origin as baggage says, if it says."""
    attribution = Attribution(
        team=team,
        user_id="u",
        customer_id="c",
        origin_team=origin,
        origin_source=BY_BAGGAGE if origin else "none",
    )
    return entry(span, attribution=attribution, parent=parent)


def span(number: int, parent: int | None, team: str, *, under: str | None = None) -> Skeleton:
    """A span of some team's code, which came under a team's identity: its own, if nothing is said."""
    one = skeleton(number, parent, attribution=Attribution(team=team))
    return one._replace(authenticated_team=team if under is None else under)


ROOT_OF_WEB = span(0, None, "web")
CASES: list[tuple[str, LedgerEntry, Skeleton | None, bool]] = [
    ("its own code, of its own work", call("web"), ROOT_OF_WEB, True),
    ("its own code, of others' work", call("web", origin="ads"), span(0, None, "ads"), True),
    ("its own code, of nobody's work", call("web"), None, True),
    ("others' code, of its own work", call("search"), ROOT_OF_WEB, True),
    ("others' code that says so, of its own work", call("search", origin="web"), ROOT_OF_WEB, True),
    ("others' code, of others' work", call("search"), span(0, None, "ads"), False),
    ("others' code that claims it", call("search", origin="web"), span(0, None, "ads"), False),
    ("others' code that claims it, root unseen", call("search", origin="web"), None, False),
    ("others' root that claims it", call("search"), span(0, None, "web", under="ads"), False),
    ("a root of nobody's identity", call("search"), span(0, None, "web", under=""), False),
    ("others' code that names others", call("search", origin="ads"), ROOT_OF_WEB, False),
    ("nobody's code, of others' work", call(""), span(0, None, "ads"), False),
    ("nobody's code, of its own work", call(""), ROOT_OF_WEB, True),
]


@pytest.mark.parametrize(
    ("one", "root", "is_seen"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_team_sees_what_its_code_ran_and_what_was_run_for_it(
    one: LedgerEntry, root: Skeleton | None, is_seen: object
) -> None:
    seen = visible_entries([one], [root] if root else [], "web")

    assert [entry.total_usd for entry in seen] == [one.total_usd] * bool(is_seen)


def test_a_caller_does_not_see_whom_the_owner_served() -> None:
    own, for_it = visible_entries([call("web"), call("search", span=2)], [ROOT_OF_WEB], "web")

    assert (own.attribution.user_id, own.attribution.customer_id) == ("u", "c")
    assert (for_it.attribution.user_id, for_it.attribution.customer_id) == ("", "")
    assert (for_it.attribution.team, for_it.items) == ("search", call("search").items)


def names(nodes: list[Node]) -> list[object]:
    return [(node.team, node.own_usd, names(node.children)) for node in nodes]


def test_what_stands_beneath_a_span_that_is_not_seen_stands_in_its_place() -> None:
    """Of work that ads began, and that went on to search, web and search again, only what web's code ran is web's."""
    spans = [
        span(0, None, "ads"),
        span(1, 0, "search"),
        span(2, 1, "web"),
        span(3, 2, "search"),
        span(4, 3, "web"),
    ]
    entries = [call("search", span=1, parent=0), call("web", span=4, parent=3)]
    entries += [call("search", span=3, parent=2)]

    seen = lifted(tree(spans, visible_entries(entries, spans, "web")), "web")

    usd = entries[1].total_usd
    assert names(seen) == [("web", None, [("web", usd, [])])]
    assert seen[0].subtree_usd == usd


def test_totals_of_all_teams_that_see_a_trace_as_owners_are_its_total() -> None:
    spans = [span(0, None, "ads"), span(1, 0, "search"), span(2, 1, "web")]
    entries = [call(team, span=n, parent=0) for n, team in enumerate(("ads", "search", "web"))]

    seen = [lifted(tree(spans, visible_entries(entries, spans, t)), t) for t in ("search", "web")]
    everything = tree(spans, entries)

    totals = [root.subtree_usd for roots in seen for root in roots]
    assert totals == [entries[1].total_usd, entries[2].total_usd]
    assert everything[0].subtree_usd == sum((e.total_usd or 0 for e in entries), Decimal(0))


def test_a_tree_deeper_than_the_stack_is_cut_all_the_same() -> None:
    spans = [span(0, None, "ads"), *(span(n, n - 1, "search") for n in range(1, 5000))]
    spans.append(span(5000, 4999, "web"))

    (only,) = lifted(tree(spans, []), "web")

    assert (only.team, only.children) == ("web", [])
