"""Who a caller claims to be is told from who it is; whoever sends, the totals are the same from both sides."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.reports import binds_teams, report
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry
from otel_costing.mandatory_tags import Rule, marked
from otel_costing.rates import default_rates
from otel_costing.rollup import totals
from otel_costing.skeleton import Skeleton, skeleton_of
from tests.calls import NOON, TRACE, batch, entry, hex_id, record, sighting, skeleton
from tests.clickhouse.tables import emptied, rows

BAGGAGE = Attribution(team="search", origin_team="support", origin_source="baggage")
VERIFIED = "SELECT origin_team, origin_source, origin_verified FROM costs"


def root(team: str = "", authenticated: str = "", *, trace: str = TRACE, at: int = 0) -> Skeleton:
    """Return the root of a trace that says it is of a team, sent by a token bound to one."""
    span = skeleton(9 + at, trace=trace, start_ns=NOON + at, attribution=Attribution(team=team))
    return span._replace(authenticated_team=authenticated)


@pytest.mark.parametrize(
    ("said", "roots", "expected"),
    [
        (BAGGAGE, [], ("support", "baggage", False)),
        (BAGGAGE, [root("support", "support")], ("support", "baggage", True)),
        (BAGGAGE, [root("support")], ("support", "baggage", False)),
        (BAGGAGE, [root("billing", "billing")], ("support", "baggage", False)),
        (
            BAGGAGE,
            [root("billing", "billing"), root("support", "support", at=1)],
            ("support", "baggage", False),
        ),
        (Attribution(), [root("support", "support")], ("support", "root", True)),
        (Attribution(), [root("support")], ("support", "root", False)),
        (Attribution(), [root()], ("", "root", False)),
    ],
    ids=[
        "no root is known",
        "the root came under the identity of the origin",
        "under none",
        "under another",
        "the first root came under another",
        "the origin is the root",
        "which came under none",
        "and says nothing",
    ],
)
def test_an_origin_is_verified_where_the_root_came_under_its_identity(
    store: Store, said: Attribution, roots: list[Skeleton], expected: tuple[str, str, bool]
) -> None:
    store.book(batch([entry(1, attribution=said)], roots))

    assert rows(store, VERIFIED) == [expected]


def test_a_run_that_spans_traces_is_verified_trace_by_trace(store: Store) -> None:
    """The baggage came along; the second trace was begun by somebody else."""
    other = "b" * 32
    calls = [entry(1, attribution=BAGGAGE), entry(2, attribution=BAGGAGE, trace=other)]
    roots = [root("support", "support"), root("queue", "queue", trace=other)]
    store.book(batch(calls, roots))

    found = report(store, ["origin_verified"], pays="caller")
    assert sorted((row.values, row.calls) for row in found) == [(("false",), 1), (("true",), 1)]


def test_what_is_only_claimed_is_summed_apart_and_what_nobody_claims_is_not(store: Store) -> None:
    calls = [
        entry(1, {"input": 100}, attribution=BAGGAGE),
        entry(2, {"input": 10}, attribution=BAGGAGE, trace="b" * 32),
        entry(3, {"input": 1}, trace="c" * 32),
        entry(4, unpriced="unknown_model", attribution=BAGGAGE, trace="b" * 32),
    ]
    assert not binds_teams(store)
    store.book(batch(calls, [root("support", "support")]))

    assert binds_teams(store)
    (support, nobody) = report(store, ["team"], pays="caller")
    assert (support.usd, support.unverified_usd) == (Decimal("0.000275"), Decimal("0.000025"))
    assert (support.calls, support.unverified_calls) == (3, 2)
    assert (nobody.unverified_usd, nobody.unverified_calls) == (None, 0)


IDENTITIES = st.sampled_from(["", "support", "search", "billing"])
POLICIES = st.sampled_from(
    [{}, *({"*": Rule(("feature",), quarantines=q, owner="x")} for q in (True, False))]
)


@st.composite
def worlds(draw: st.DrawFn) -> list[Examined]:
    """Draw calls of a few traces by senders that are bound to a team or to none, under some policy."""
    policy = draw(POLICIES)
    told = []
    for number in range(draw(st.integers(1, 8))):
        trace = hex_id(draw(st.integers(1, 3)), 32)
        span = record(number, draw(st.sampled_from([None, 0])), trace=trace)
        team = draw(IDENTITIES)
        said = Attribution(
            team=team or draw(IDENTITIES),
            feature=draw(st.sampled_from(["", "find"])),
            origin_team=draw(IDENTITIES),
            origin_source=draw(st.sampled_from(["none", "baggage"])),
        )
        account = sighting(span, attribution=said)._replace(authenticated_team=team)
        bone = skeleton_of(span, said)._replace(authenticated_team=team)
        told.append(Examined(bone, marked(account, policy)))
    return told


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=worlds())
def test_caller_pays_is_owner_pays_whoever_sends_and_whatever_is_quarantined(
    store: Store, told: list[Examined]
) -> None:
    emptied(store)
    (sealed,) = seal(told, default_rates(), NOON, largest=100)
    store.book(sealed)

    entries: list[LedgerEntry] = list(sealed.entries)
    whole = sum((one.total_usd or Decimal(0) for one in entries), Decimal(0))
    for pays in ("caller", "owner"):
        for by in (["team"], ["origin_verified"], ["team", "origin_verified"]):
            found = report(store, by, pays=pays)
            assert found == totals(entries, by, pays, spans=sealed.spans)
            assert sum(row.usd or 0 for row in found) == whole
            assert sum(row.calls for row in found) == len(entries)
