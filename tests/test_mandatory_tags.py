"""A call without its mandatory tags is booked in full; in quarantine nobody is charged for it until they are known."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.ledger import LedgerEntry
from otel_costing.mandatory_tags import (
    ELSEWHERE,
    Rule,
    TagPolicy,
    findings_of_missing,
    marked,
    missing_tags,
    released,
    rule_of,
    withheld,
)
from otel_costing.rates import default_rates
from otel_costing.settlement import settle
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, TRACE, hex_id, record, sighting

MARK = Rule(("team", "feature"), quarantines=False, owner="platform")
QUARANTINE = Rule(("team", "feature"), quarantines=True, owner="finance")
POLICY: TagPolicy = {ELSEWHERE: MARK, "production": QUARANTINE, "development": Rule((), False, "x")}
OUTER = record(1, scope="framework")
INNER = record(2, 1, scope="native", start_ns=NOON + 1000, end_ns=NOON + SECOND - 1000)
NESTED = {(TRACE, hex_id(2)): hex_id(1), (TRACE, hex_id(1)): ""}
SEARCH = Attribution(team="search", environment="production", origin_team="support")


def told(span: SpanRecord | None = None, attribution: Attribution = SEARCH) -> LedgerEntry:
    """Return a span's account of a call, with the tags that the policy says it lacks."""
    return marked(sighting(span or record(1), attribution=attribution), POLICY)


@pytest.mark.parametrize(
    ("environment", "rule"),
    [
        ("production", QUARANTINE),
        ("development", Rule((), False, "x")),
        ("staging", MARK),
        ("", MARK),
    ],
)
def test_an_environment_has_its_own_rule_or_that_of_all_others(
    environment: str, rule: Rule
) -> None:
    assert rule_of(POLICY, environment) == rule
    assert rule_of({}, environment) is None


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({}, ("team", "feature")),
        ({"team": "search"}, ("feature",)),
        ({"team": "search", "feature": "find"}, ()),
    ],
)
def test_what_nobody_said_is_missing(said: Mapping[str, str], missing: tuple[str, ...]) -> None:
    assert missing_tags(Attribution(**said), MARK) == missing


@pytest.mark.parametrize(
    ("environment", "tags"),
    [
        ("staging", {"missing_tags": "feature", "tags_owner": "platform"}),
        ("production", {"quarantine": "feature", "tags_owner": "finance"}),
        ("development", {}),
    ],
)
def test_an_account_says_what_it_lacks_and_who_sees_to_it(
    environment: str, tags: Mapping[str, str]
) -> None:
    account = told(attribution=SEARCH._replace(environment=environment))

    assert dict(account.tags) == tags
    assert account.attribution.team == "search"


def test_in_quarantine_the_teams_that_would_pay_are_withheld_and_everything_else_stays() -> None:
    account = told()
    booked = withheld(account)

    assert (booked.attribution.team, booked.attribution.origin_team) == ("", "")
    assert booked.total_usd == account.total_usd
    assert booked.attribution._replace(team="search", origin_team="support") == account.attribution
    assert released(booked) == account
    assert withheld(booked) == booked


@pytest.mark.parametrize("environment", ["staging", "development"])
def test_a_call_that_is_marked_at_most_is_charged_as_it_says(environment: str) -> None:
    account = told(attribution=SEARCH._replace(environment=environment))

    assert withheld(account) == released(account) == account


def test_what_another_span_of_the_call_says_is_not_missing() -> None:
    """The inner span lacks the feature, the outer one knows it."""
    outer = told(OUTER, SEARCH._replace(feature="find"))
    (call,) = settle([outer, told(INNER)], NESTED).calls

    assert call.booked.tags == ()
    assert withheld(call.booked).attribution.feature == "find"


def test_what_no_span_of_the_call_says_is_missing_by_the_rule_of_any() -> None:
    lax = told(OUTER, Attribution(team="search", environment="development"))
    (call,) = settle([lax, told(INNER)], NESTED).calls

    assert dict(call.booked.tags) == {"quarantine": "feature", "tags_owner": "finance"}


def test_a_senders_own_tags_stay_beside_ours() -> None:
    account = told()._replace(tags=(("colour", "red"), *told().tags))

    assert dict(withheld(account).tags)["colour"] == "red"
    assert released(withheld(account)) == account


def test_a_batch_books_the_quarantined_call_to_nobody_and_says_so_once_a_day() -> None:
    spans = [record(n, trace=hex_id(n, 32)) for n in range(3)]
    examined = [Examined(skeleton_of(span, SEARCH), told(span)) for span in spans]
    (batch,) = seal(examined, default_rates(), NOON, largest=10)

    assert {one.attribution.team for one in batch.entries} == {""}
    (finding,) = batch.findings
    assert finding.kind == "missing_tags"
    assert json.loads(finding.detail) == {
        "missing": ["feature"],
        "quarantined": True,
        "owner": "finance",
        "service": "assistant",
        "environment": "production",
        "team": "search",
    }


def test_a_finding_of_another_day_is_another() -> None:
    day = 86_400 * SECOND
    spans = [record(1), record(2), record(3, start_ns=NOON + day)]
    found = list(findings_of_missing(map(told, spans)))

    assert len(found) == 3
    assert len({one.finding_id for one in found}) == 2
