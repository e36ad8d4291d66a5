"""`POST /api/v1/usage/ingest`: usage events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from otel_costing.attribution import Attribution
from otel_costing.semconv import SERVICE_NAME
from otel_costing.usage_events import UsageEvent, call_id_of_request, encoded
from otel_costing_collector.identities import Identity
from otel_costing_collector.rest.events import events_of
from otel_costing_collector.rest.ingest import Intake
from otel_costing_collector.rest.pending import PendingCalls
from otel_costing_collector.rest.strict_json import value_of
from otel_costing_collector.sent_by import is_bound, team_of
from otel_costing_collector.spool_record import Kind

Lacking = Callable[[Attribution], Iterable[str]]


def usage_intake(pending: PendingCalls, lacking: Lacking) -> Intake[UsageEvent]:
    """Return what becomes of usage events.

    Args:
        pending: told of what is accepted.
        lacking: the mandatory fields that a call's attribution lacks; for those it is refused here.
    """

    def missing(identity: Identity, event: UsageEvent) -> Iterable[str]:
        """Return what an event lacks, with the team that its token says it is of."""
        return lacking(event.attribution._replace(team=_team(identity, event)))

    def read(identity: Identity, body: bytes) -> list[UsageEvent]:
        call_id_of = partial(call_id_of_request, identity.team, identity.name)
        return events_of(value_of(body), call_id_of, partial(missing, identity))

    def kept(identity: Identity, number: int, events: Sequence[UsageEvent]) -> None:
        pending.add(number, {one.call_id: _team(identity, one) for one in events})

    return Intake(Kind.USAGE, read, encoded, kept, _answer)


def _team(identity: Identity, event: UsageEvent) -> str:
    if not is_bound(identity):
        return event.attribution.team
    return team_of(identity, {SERVICE_NAME: event.service}, event.service)


def _answer(events: Sequence[UsageEvent]) -> dict[str, list[dict[str, str]]]:
    return {
        "events": [
            {"requestId": one.request_id, "callId": one.call_id, "outcome": "accepted"}
            for one in events
        ]
    }
