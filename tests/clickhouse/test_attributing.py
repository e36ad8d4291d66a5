"""A person sets right who caused a call: by offsetting entries, once, and settling leaves it so."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.attributing import Attributed, Chosen, attribute
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.settling import EVERYTHING
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.tag_reports import missing_tags, sender_claims
from otel_costing.finding import once_a_day
from otel_costing.mandatory_tags import Rule, marked
from otel_costing.rates import default_rates
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, TRACE, batch, record, sighting
from tests.clickhouse.tables import rows

POLICY = {"*": Rule(("team", "feature"), quarantines=True, owner="finance")}
LAX = {"*": Rule(("feature",), quarantines=False, owner="platform")}
STANDING = "SELECT team, origin_team, feature, total_usd FROM costs ORDER BY span_id"
WRAPPER = record(1, scope="framework")
NATIVE = record(2, 1, scope="native", start_ns=NOON + 1000, end_ns=NOON + SECOND - 1000)


def told(
    span: SpanRecord, team: str = "", *, policy: Mapping[str, Rule] = POLICY, **said: str
) -> Examined:
    """Return a span of a call as a collector with a policy takes it."""
    attribution = Attribution(team=team, **said)
    return Examined(
        skeleton_of(span, attribution), marked(sighting(span, attribution=attribution), policy)
    )


def book(store: Store, *examined: Examined, at_s: int = 60) -> None:
    """Book some spans as one batch, and settle it with what came before."""
    at_ns = NOON + at_s * SECOND
    received = [
        one._replace(account=one.account and one.account._replace(received_ns=at_ns))
        for one in examined
    ]
    for sealed in seal(received, default_rates(), at_ns, largest=100):
        store.book(sealed)
    store.settle(now_ns=at_ns)


def set_right(store: Store, now_ns: int = 7, **fields: str) -> Attributed:
    """Set fields of every call in quarantine."""
    *_, last = attribute(store, fields, Chosen(only_quarantined=True), now_ns)
    return last


def test_a_call_in_quarantine_is_booked_in_full_to_nobody_and_listed_with_its_owner(
    store: Store,
) -> None:
    said = {"origin_team": "support", "origin_source": "baggage"}
    book(store, told(record(5), "search", policy=POLICY, **said))

    assert rows(store, STANDING) == [("", "", "", Decimal("0.0045"))]
    for pays in ("owner", "caller"):
        assert [row.values for row in report(store, ["team"], pays=pays)] == [(None,)]
    (listed,) = missing_tags(store, quarantined=True)
    assert (listed.owner, listed.team, listed.missing) == ("finance", "search", "feature")
    assert (listed.service, listed.calls, listed.usd) == ("assistant", 1, Decimal("0.0045"))
    assert missing_tags(store, quarantined=False) == []


def test_an_origin_that_nobody_names_is_not_taken_from_the_root_in_quarantine(store: Store) -> None:
    book(store, told(record(5), "search"))

    assert rows(store, "SELECT origin_team, origin_source FROM costs") == [("", "none")]


def test_a_call_that_is_only_marked_is_charged_and_listed(store: Store) -> None:
    book(store, told(record(5), "search", policy=LAX))

    assert rows(store, "SELECT team FROM costs") == [("search",)]
    (listed,) = missing_tags(store, quarantined=False)
    assert (listed.owner, listed.team, listed.missing) == ("platform", "search", "feature")


def test_a_repair_takes_the_charge_back_and_charges_whom_the_call_and_the_person_say(
    store: Store,
) -> None:
    said = {"origin_team": "support", "origin_source": "baggage"}
    book(store, told(record(5), "search", policy=POLICY, **said))

    assert set_right(store, feature="find") == Attributed(1, 1, 2)
    assert rows(store, STANDING) == [("search", "support", "find", Decimal("0.0045"))]
    assert rows(store, "SELECT kind, cause, revision FROM ledger ORDER BY revision, sign DESC") == [
        ("charge", "first", 0),
        ("reversal", "attribution", 0),
        ("charge", "attribution", 1),
    ]
    assert missing_tags(store, quarantined=True) == []
    assert rows(store, "SELECT sum(total_usd), sum(sign) FROM ledger") == [(Decimal("0.0045"), 1)]


def test_the_same_repair_again_posts_nothing(store: Store) -> None:
    book(store, told(record(5), "search"))
    set_right(store, feature="find")
    (call_id,) = rows(store, "SELECT call_id FROM costs")[0]
    *_, again = attribute(store, {"feature": "find"}, Chosen(call_ids=(call_id,)), 8)

    assert again == Attributed(1, 0, 0)
    assert store.settle(now_ns=NOON, since=EVERYTHING).entries == 0


def test_a_repair_that_leaves_something_missing_leaves_the_call_in_quarantine(store: Store) -> None:
    book(store, told(record(5)))
    set_right(store, team="search")

    assert [one.missing for one in missing_tags(store, quarantined=True)] == ["feature"]
    assert rows(store, "SELECT team FROM costs") == [("",)]
    set_right(store, now_ns=8, feature="find")
    assert rows(store, "SELECT team, feature FROM costs") == [("search", "find")]


@pytest.mark.parametrize("is_told_twice", [True, False])
def test_settling_keeps_a_repair_whatever_comes_later(store: Store, *, is_told_twice: bool) -> None:
    """A wrapper that names another team comes after the repair, or came before it."""
    wrapper = told(WRAPPER, "billing", project="p")
    if is_told_twice:
        book(store, wrapper, told(NATIVE))
    else:
        book(store, told(NATIVE))
    set_right(store, team="search", feature="find")
    if not is_told_twice:
        book(store, wrapper, at_s=120)
    store.settle(now_ns=NOON, since=EVERYTHING)

    assert rows(store, "SELECT team, feature, project FROM costs") == [("search", "find", "p")]
    assert rows(store, "SELECT sum(sign) FROM ledger FINAL") == [(1,)]
    assert store.settle(now_ns=NOON, since=EVERYTHING).entries == 0


def test_a_span_that_says_later_what_was_missing_ends_the_quarantine(store: Store) -> None:
    book(store, told(NATIVE, "search"))
    assert rows(store, "SELECT team FROM costs") == [("",)]

    book(store, told(WRAPPER, feature="find"), at_s=120)
    assert rows(store, "SELECT team, feature FROM costs") == [("search", "find")]
    assert store.settle(now_ns=NOON, since=EVERYTHING).entries == 0


def test_a_call_in_quarantine_stays_there_when_it_is_settled_again(store: Store) -> None:
    book(store, told(WRAPPER, "search"), told(NATIVE, "search"))

    assert store.settle(now_ns=NOON, since=EVERYTHING).entries == 0
    assert rows(store, "SELECT team, tags['withheld_team'] FROM costs") == [("", "search")]


@pytest.mark.parametrize(
    ("chosen", "calls"),
    [
        (Chosen(where=(("service", "assistant"),)), 2),
        (Chosen(where=(("feature", "find"), ("team", "a"))), 1),
        (Chosen(where=(("team", "nobody"),)), 0),
        (Chosen(where=(("trace_id", TRACE),), only_quarantined=True), 0),
    ],
)
def test_calls_are_chosen_by_what_they_say(store: Store, chosen: Chosen, calls: int) -> None:
    book(store, *(told(record(n), team, feature="find") for n, team in ((5, "a"), (6, "b"))))
    *_, last = attribute(store, {"project": "p"}, chosen, 7)

    assert (last.calls, last.changed) == (calls, calls)


@pytest.mark.parametrize(
    ("fields", "chosen", "why"),
    [
        ({"team": "a"}, Chosen(), "no call is chosen"),
        ({}, Chosen(only_quarantined=True), "nothing is set"),
        ({"total_usd": "0"}, Chosen(only_quarantined=True), "what can be set is team, project"),
        ({"team": "a"}, Chosen(where=(("day", "2026-11-22"),)), "cannot be chosen by 'day'"),
        ({"team": "a"}, Chosen(where=(("team", "b"),) * 7), "at most 6 conditions"),
        ({"team": "a"}, Chosen(call_ids=("x",) * 1_001), "at most 1000 calls"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    store: Store, fields: Mapping[str, str], chosen: Chosen, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        list(attribute(store, fields, chosen, 7))


def test_what_senders_claim_is_listed_once_for_each_service(store: Store) -> None:
    said = {"sender": "edge", "service": "s", "team": "search", "claimed_team": "billing"}
    days = (NOON, NOON + 86_400 * SECOND)
    found = tuple(once_a_day("team_claim", said, TRACE, "b" * 16, day) for day in days)
    store.book(batch(findings=found, name="claims"))

    (claim,) = sender_claims(store)
    assert (claim.kind, claim.sender, claim.team, claim.claimed_team) == (
        "team_claim",
        "edge",
        "search",
        "billing",
    )
    assert (claim.days, str(claim.first_on), str(claim.last_on)) == (2, "2026-11-22", "2026-11-23")
