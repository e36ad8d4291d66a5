"""`POST /api/v1/usage/ingest`: usage events, on disk before the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from otel_costing.attribution import Attribution
from otel_costing.semconv import SERVICE_NAME
from otel_costing.usage_events import UsageEvent, call_id_of_request, encoded
from otel_costing_collector.compression import CONTENT_ENCODINGS
from otel_costing_collector.contents import Contents
from otel_costing_collector.identities import Identity, Permission
from otel_costing_collector.in_flight import Held
from otel_costing_collector.reception import Posted, Reception
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.request_body import Head, RequestBody, head_of
from otel_costing_collector.rest.callers import Callers
from otel_costing_collector.rest.events import events_of
from otel_costing_collector.rest.pending import PendingCalls
from otel_costing_collector.rest.problem_details import answer_to
from otel_costing_collector.rest.strict_json import value_of
from otel_costing_collector.sent_by import is_bound, team_of
from otel_costing_collector.spool_record import Encoding, Kind

_PROTOCOL = "rest"
_MEDIA_TYPE = "application/json"
_ACCEPTED = 202
Lacking = Callable[[Attribution], Iterable[str]]


class Ingest:
    """The operation."""

    def __init__(
        self, reception: Reception, callers: Callers, pending: PendingCalls, lacking: Lacking
    ) -> None:
        """Prepare it.

        Args:
            reception: what the doors share.
            callers: who may send.
            pending: told of what is accepted.
            lacking: the mandatory fields that a call's attribution lacks; for those it is refused here.
        """
        self._reception = reception
        self._callers = callers
        self._pending = pending
        self._lacking = lacking

    async def __call__(self, request: Request) -> Response:
        """Answer one request. What is wrong with its head is said before its body is read."""
        head = head_of(request.scope["headers"])
        body = RequestBody(request.receive)
        try:
            with self._reception.answering(_PROTOCOL):
                events = await self._accepted(request, head, body)
        except Refused as refused:
            if not head.expects_permission:
                await body.drain(2 * self._reception.limits.max_request_bytes)
            return answer_to(refused, close=not body.whole)
        return JSONResponse({"events": [_accepted(one) for one in events]}, _ACCEPTED)

    async def _accepted(self, request: Request, head: Head, body: RequestBody) -> list[UsageEvent]:
        identity = self._callers.permitted(request.scope, Permission.SEND)
        _refuse_media(head)
        with self._reception.in_flight.holding() as held:
            sent = Posted(
                _PROTOCOL,
                Kind.USAGE,
                Encoding.JSON,
                head.content_encoding,
                identity.name,
                await body.read(head, self._reception.limits, held),
            )
            events = await self._reception.read(sent, partial(self._events, identity))
            await self._keep(identity, sent, events, held)
        return events

    def _events(self, identity: Identity, body: bytes) -> list[UsageEvent]:
        call_id_of = partial(call_id_of_request, identity.team, identity.name)
        return events_of(value_of(body), call_id_of, partial(self._missing_of, identity))

    def _missing_of(self, identity: Identity, event: UsageEvent) -> Iterable[str]:
        """Return what an event lacks, with the team that its token says it is of."""
        team = _team(identity, event)
        return self._lacking(event.attribution._replace(team=team))

    async def _keep(
        self, identity: Identity, sent: Posted, events: list[UsageEvent], held: Held
    ) -> None:
        kept = sent._replace(body=encoded(events))
        number = await self._reception.keep(kept, Contents(len(events)), held)
        self._pending.add(number, {one.call_id: _team(identity, one) for one in events})


def _team(identity: Identity, event: UsageEvent) -> str:
    if not is_bound(identity):
        return event.attribution.team
    return team_of(identity, {SERVICE_NAME: event.service}, event.service)


def _refuse_media(head: Head) -> None:
    # A form on a foreign page can be posted as anything but this.
    if head.content_type != _MEDIA_TYPE:
        raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE, f"the Content-Type is {_MEDIA_TYPE}")
    if head.content_encoding not in CONTENT_ENCODINGS:
        known = ", ".join(CONTENT_ENCODINGS)
        raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE, f"the Content-Encoding is one of {known}")


def _accepted(event: UsageEvent) -> dict[str, str]:
    return {"requestId": event.request_id, "callId": event.call_id, "outcome": "accepted"}
