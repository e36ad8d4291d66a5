"""What is told of calls by an identity that is bound to a team, or that forwards for several: pure.

The team of its data is the token's, whatever the data says. What the data says otherwise is kept as a finding, once
for each day, service and claimed team.
"""

from __future__ import annotations

from otel_costing.attribution import clean
from otel_costing.evaluations import Evaluation
from otel_costing.examined import Examined
from otel_costing.finding import Finding, once_a_day
from otel_costing.instants import day_of
from otel_costing.mandatory_tags import TagPolicy, marked
from otel_costing.outcomes import Outcome
from otel_costing.skeleton import Skeleton
from otel_costing.spans import Attributes
from otel_costing_collector.identities import Identity

TEAM_CLAIM = "team_claim"
"""Kind of a finding: data says it is of another team than its token."""
UNKNOWN_SERVICE = "unknown_service"
"""Kind of a finding: a gateway sends data of a service that it names no team for."""
_MOST_REMEMBERED = 4096


def is_bound(identity: Identity) -> bool:
    """Tell whether the identity says whose its data is."""
    return bool(identity.team) or identity.gateway is not None


def team_of(identity: Identity, resource: Attributes, service: str) -> str:
    """Return whose data it is; empty where a gateway does not say."""
    if identity.gateway is None:
        return identity.team
    named = clean(resource.get(identity.gateway.team_attribute))
    return named or identity.gateway.services.get(service, "")


def attributed(examined: Examined, resource: Attributes, identity: Identity) -> Examined:
    """Return what a span says with the team that its sender authenticates, and what it claimed instead.

    Args:
        examined: as the span has it.
        resource: that of the span.
        identity: who sent it; where that is bound to nobody, the claim stands.
    """
    if not is_bound(identity):
        return examined
    span = examined.skeleton
    team = team_of(identity, resource, span.service)
    account = examined.account
    if account is not None:
        attribution = account.attribution._replace(team=team)
        account = account._replace(attribution=attribution, authenticated_team=team)
    evaluations = tuple(one._replace(team=team) for one in examined.evaluations)
    return examined._replace(
        skeleton=span._replace(team=team, authenticated_team=team),
        account=account,
        evaluations=evaluations,
        outcomes=tuple(_told_by(one, team) for one in examined.outcomes),
        findings=_findings(span, team, identity.name),
    )


def evaluated_by(evaluation: Evaluation, resource: Attributes, identity: Identity) -> Evaluation:
    """Return an evaluation that came without a span, with the team that its sender authenticates."""
    if not is_bound(identity):
        return evaluation
    return evaluation._replace(team=team_of(identity, resource, evaluation.service))


def achieved_by(outcome: Outcome, resource: Attributes, identity: Identity) -> Outcome:
    """Return an outcome that came without a span, with the team that its sender authenticates."""
    if not is_bound(identity):
        return outcome
    return _told_by(outcome, team_of(identity, resource, outcome.service))


def _told_by(outcome: Outcome, team: str) -> Outcome:
    return outcome._replace(attribution=outcome.attribution._replace(team=team))


def with_missing_tags(examined: Examined, policy: TagPolicy) -> Examined:
    """Return what a span says, with the mandatory tags that its call lacks noted on it."""
    if examined.account is None or not policy:
        return examined
    return examined._replace(account=marked(examined.account, policy))


def _findings(span: Skeleton, team: str, sender: str) -> tuple[Finding, ...]:
    if team and span.team in {"", team}:
        return ()
    kind = TEAM_CLAIM if team else UNKNOWN_SERVICE
    key = kind, sender, span.service, team, span.team, day_of(span.ended_ns)
    if key not in _remembered:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = _finding(kind, sender, span, team)
    return (_remembered[key],)


def _finding(kind: str, sender: str, span: Skeleton, team: str) -> Finding:
    said = {
        "sender": sender,
        "service": span.service,
        "team": team,
        "claimed_team": span.team,
    }
    return once_a_day(kind, said, span.trace_id, span.span_id, span.ended_ns)


_remembered: dict[tuple[str, str, str, str, str, int], Finding] = {}
"""By all that makes it: of a sender that is wrong about its team, every span is."""
