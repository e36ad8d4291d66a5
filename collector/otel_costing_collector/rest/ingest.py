"""What is posted, on disk before the answer: the same for usage and for outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from otel_costing_collector.compression import CONTENT_ENCODINGS
from otel_costing_collector.contents import Contents
from otel_costing_collector.identities import Identity, Permission
from otel_costing_collector.reception import Posted, Reception
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.request_body import Head, RequestBody, head_of
from otel_costing_collector.rest.callers import Callers
from otel_costing_collector.rest.problem_details import answer_to
from otel_costing_collector.spool_record import Encoding, Kind

_PROTOCOL = "rest"
_MEDIA_TYPE = "application/json"
_ACCEPTED = 202
One = TypeVar("One")


class Intake(NamedTuple, Generic[One]):
    """What is taken, and what becomes of it."""

    kind: Kind
    read: Callable[[Identity, bytes], list[One]]
    """Returns what a body holds; raises `Refused` with every mistake."""
    encoded: Callable[[Sequence[One]], bytes]
    """As it lies in the spool."""
    kept: Callable[[Identity, int, Sequence[One]], None]
    """Told of what is on disk, with the number of its request."""
    answer: Callable[[Sequence[One]], dict[str, Any]]


class Ingest(Generic[One]):
    """The operation."""

    def __init__(self, reception: Reception, callers: Callers, intake: Intake[One]) -> None:
        """Prepare it.

        Args:
            reception: what the doors share.
            callers: who may send.
            intake: what is taken.
        """
        self._reception = reception
        self._callers = callers
        self._intake = intake

    async def __call__(self, request: Request) -> Response:
        """Answer one request. What is wrong with its head is said before its body is read."""
        head = head_of(request.scope["headers"])
        body = RequestBody(request.receive)
        try:
            with self._reception.answering(_PROTOCOL):
                taken = await self._accepted(request, head, body)
        except Refused as refused:
            if not head.expects_permission:
                await body.drain(2 * self._reception.limits.max_request_bytes)
            return answer_to(refused, close=not body.whole)
        return JSONResponse(self._intake.answer(taken), _ACCEPTED)

    async def _accepted(self, request: Request, head: Head, body: RequestBody) -> list[One]:
        identity = self._callers.permitted(request.scope, Permission.SEND)
        _refuse_media(head)
        with self._reception.in_flight.holding() as held:
            sent = Posted(
                _PROTOCOL,
                self._intake.kind,
                Encoding.JSON,
                head.content_encoding,
                identity.name,
                await body.read(head, self._reception.limits, held),
            )
            taken = await self._reception.read(sent, partial(self._intake.read, identity))
            kept = sent._replace(body=self._intake.encoded(taken))
            number = await self._reception.keep(kept, Contents(len(taken)), held)
            self._intake.kept(identity, number, taken)
        return taken


def _refuse_media(head: Head) -> None:
    # A form on a foreign page can be posted as anything but this.
    if head.content_type != _MEDIA_TYPE:
        raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE, f"the Content-Type is {_MEDIA_TYPE}")
    if head.content_encoding not in CONTENT_ENCODINGS:
        known = ", ".join(CONTENT_ENCODINGS)
        raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE, f"the Content-Encoding is one of {known}")
