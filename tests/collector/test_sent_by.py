"""The team of what is sent is that of its token, whatever it says; what it says otherwise can be looked up."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.evaluations import evaluation_of
from otel_costing.log_records import LogRecord
from otel_costing.rates import default_rates
from otel_costing.settlement import settle
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from otel_costing_collector.identities import ANYBODY, Gateway, Identity, Permission
from otel_costing_collector.sent_by import attributed, evaluated_by
from tests.calls import NOON, SECOND, TRACE, hex_id, record, sighting

SEND = frozenset({Permission.SEND})
SEARCH = Identity("search-backend", SEND, "search")
EDGE = Identity(
    "edge", SEND, gateway=Gateway("acme.team", {"assistant": "support", "checkout": "payments"})
)
FREE = Identity("old", SEND)


def examined(span: SpanRecord, team: str = "") -> Examined:
    """Return a call that says it is of a team."""
    said = Attribution(team=team, feature="find")
    return Examined(skeleton_of(span, said), sighting(span, attribution=said))


def sent(identity: Identity, team: str = "", **resource: str) -> Examined:
    """Return a call of `assistant` as an identity sends it."""
    named = {name.replace("_", "."): value for name, value in resource.items()}
    return attributed(examined(record(), team), named, identity)


def teams(one: Examined) -> tuple[str, str, str, str]:
    """Return the team of its call and of its span, each with the authenticated one."""
    assert one.account is not None
    of_call = one.account.attribution.team, one.account.authenticated_team
    return *of_call, one.skeleton.team, one.skeleton.authenticated_team


@dataclass(frozen=True)
class Claim:
    """What is sent, and what becomes of it."""

    identity: Identity
    said: str
    resource: dict[str, str]
    team: str
    found: str


CLAIMS = {
    "a bound token says it": Claim(SEARCH, "", {}, "search", ""),
    "and agrees with the data": Claim(SEARCH, "search", {}, "search", ""),
    "or overrules it": Claim(SEARCH, "billing", {}, "search", "team_claim"),
    "a gateway's table says it": Claim(EDGE, "", {}, "support", ""),
    "its attribute goes before": Claim(EDGE, "", {"acme_team": "billing"}, "billing", ""),
    "a gateway overrules too": Claim(EDGE, "billing", {}, "support", "team_claim"),
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_the_team_is_that_of_the_identity(claim: Claim) -> None:
    one = sent(claim.identity, claim.said, **claim.resource)

    assert teams(one) == (claim.team,) * 4
    assert [finding.kind for finding in one.findings] == ([claim.found] if claim.found else [])


def test_an_identity_without_a_team_leaves_the_claim_and_vouches_for_nothing() -> None:
    for identity in (FREE, ANYBODY):
        assert teams(sent(identity, "billing")) == ("billing", "", "billing", "")


def test_what_a_gateway_sends_of_a_service_it_names_no_team_for_is_nobodys_and_found() -> None:
    span = record(service="new")
    one = attributed(examined(span, "billing"), {}, EDGE)

    assert teams(one) == ("", "", "", "")
    (finding,) = one.findings
    assert finding.kind == "unknown_service"
    assert json.loads(finding.detail) == {
        "sender": "edge",
        "service": "new",
        "team": "",
        "claimed_team": "billing",
    }


def test_everything_else_that_the_data_says_stays() -> None:
    one = sent(SEARCH, "billing")
    before = examined(record(), "billing")

    assert one.account
    assert before.account
    assert one.account.attribution.feature == "find"
    assert one.account.content_digest == before.account.content_digest


def test_a_million_wrong_claims_of_a_day_are_one_finding() -> None:
    many = [
        attributed(examined(record(n, start_ns=NOON + n), "billing"), {}, SEARCH) for n in range(50)
    ]
    tomorrow = record(60, start_ns=NOON + 86_400 * SECOND)
    (batch,) = seal(
        [*many, attributed(examined(tomorrow, "billing"), {}, SEARCH)],
        default_rates(),
        NOON,
        largest=100,
    )

    claims = [one for one in batch.findings if one.kind == "team_claim"]
    assert len(claims) == 2
    assert {one.detail for one in claims} == {claims[0].detail}


def test_an_evaluation_that_came_without_a_span_is_of_its_senders_team() -> None:
    log = LogRecord("", "", NOON, {}, "s", {"service.name": "checkout"})
    told = evaluation_of(log)

    assert evaluated_by(told, log.resource, EDGE).team == "payments"
    assert evaluated_by(told, log.resource, SEARCH).team == "search"
    assert evaluated_by(told, log.resource, FREE) == told


@pytest.mark.parametrize("outer_is_bound", [True, False])
def test_of_two_tellers_of_one_call_the_authenticated_one_says_whose_it_is(
    *, outer_is_bound: bool
) -> None:
    """Without tokens the outer span would; a claim around an authenticated span takes nothing from its team."""
    outer, inner = record(1, scope="framework"), record(2, 1, scope="native")
    inner = inner._replace(start_ns=NOON + 1000, end_ns=NOON + SECOND - 1000)
    around = attributed(examined(outer, "other"), {}, EDGE if outer_is_bound else FREE)
    within = attributed(examined(inner, "x"), {}, SEARCH)
    assert around.account
    assert within.account
    parents = {(TRACE, hex_id(2)): hex_id(1), (TRACE, hex_id(1)): ""}
    (call,) = settle([around.account, within.account], parents).calls

    team = "support" if outer_is_bound else "search"
    assert (call.booked.attribution.team, call.booked.authenticated_team) == (team, team)
