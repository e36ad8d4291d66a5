"""The operations that read: what a call, a trace, a month cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from otel_costing.clickhouse.store import Store
from otel_costing.documents.trace import trace_document
from otel_costing.documents.values import jsonable
from otel_costing.problems import Problem
from otel_costing.usage_events import call_id_of_request
from otel_costing_collector.identities import Identity, Permission
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.rest.call_cost import call_document, pending_document
from otel_costing_collector.rest.callers import Callers
from otel_costing_collector.rest.ledger_questions import Asked, booked_call, costs, tree_of_trace
from otel_costing_collector.rest.parameters import (
    By,
    CallIdInPath,
    Pays,
    Period,
    RequestIdInPath,
    Since,
    Team,
    TraceIdInPath,
    Until,
    Where,
)
from otel_costing_collector.rest.pending import PendingCalls, Whereabouts
from otel_costing_collector.rest.problem_details import Invalid
from otel_costing_collector.rest.reading import Reading

_JSON = "application/json"
_PENDING = 202


class Operations:
    """Each asks who asks, and shows them what they may see: all, or their team's."""

    def __init__(self, callers: Callers, pending: PendingCalls, reading: Reading | None) -> None:
        """Prepare them.

        Args:
            callers: who may read.
            pending: what was accepted and is not booked.
            reading: asks the ledger; None where this process has none.
        """
        self._callers = callers
        self._pending = pending
        self._reading = reading

    async def request_cost(
        self, request: Request, request_id: RequestIdInPath, team: Team = None
    ) -> Response:
        """Return what the call of a request id cost, or that it is pending."""
        identity = self._reader(request)
        if team not in {None, identity.team} and not identity.may(Permission.READ_ALL):
            raise Refused(Reason.FORBIDDEN, "this token reads the requests of its own team alone")
        call_id = call_id_of_request(team or identity.team, identity.name, request_id)
        return await self._cost_of(call_id, identity, is_own=True)

    async def call_cost(self, request: Request, call_id: CallIdInPath) -> Response:
        """Return what a call cost, or that it is pending."""
        return await self._cost_of(call_id, self._reader(request), is_own=False)

    async def trace(self, request: Request, trace_id: TraceIdInPath) -> Response:
        """Return the tree of a trace with own and subtree cost, as `otel-costing trace --format json` does."""
        team = _sees(self._reader(request))
        return await self._told(partial(_trace, trace_id=trace_id, team=team))

    async def costs(
        self,
        request: Request,
        by: By = "team",
        pays: Pays = "owner",
        since: Since = None,
        until: Until = None,
        period: Period = None,
        where: Where = None,
    ) -> Response:
        """Return totals by any dimensions, as `otel-costing report --format json` does."""
        team = _sees(self._reader(request))
        conditions = list(map(_condition, where or ()))
        dimensions = tuple(dict.fromkeys(by.split(",")))
        asked = Asked(dimensions, pays, since, until, period, conditions)
        return await self._told(partial(costs, asked=asked, team=team))

    async def _cost_of(self, call_id: str, identity: Identity, *, is_own: bool) -> Response:
        team = _sees(identity)
        # Looked for in this order, so that what is booked in between is found.
        whereabouts = self._pending.whereabouts_of(call_id, team)
        question = partial(booked_call, call_id=call_id, team=team, is_own=is_own)
        booked = await self._ask().ask(question)
        if booked is not None:
            return _answer(call_document(call_id, *booked))
        if whereabouts is Whereabouts.WAITING:
            return _answer(pending_document(call_id), _PENDING)
        if whereabouts is Whereabouts.UNKNOWN:
            what = "it is not booked, and requests from before this collector's start still wait; ask again"
            raise Refused(Reason.OVERLOADED, what)
        raise Refused(Reason.NOT_FOUND, "no call that you may see is booked or waits under this id")

    async def _told(self, question: Callable[[Store], dict[str, Any]]) -> Response:
        # Written by the reader too: a document of many rows would hold up all who send.
        text = await self._ask().ask(lambda store: _text(question(store)))
        return Response(text, media_type=_JSON)

    def _reader(self, request: Request) -> Identity:
        return self._callers.permitted(request.scope, Permission.READ_TEAM)

    def _ask(self) -> Reading:
        if self._reading is None:
            raise Refused(Reason.OVERLOADED, "this collector books into no ledger yet; ask again")
        return self._reading


def _sees(identity: Identity) -> str | None:
    """Return the team whose costs an identity sees, None where it sees all."""
    if identity.may(Permission.READ_ALL):
        return None
    if not identity.team:
        raise Refused(Reason.FORBIDDEN, "this token reads a team's costs and is bound to no team")
    return identity.team


def _condition(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Invalid([Problem("where", f"{text[:80]!r} is no DIM=VALUE, such as team=search")])
    return name, value


def _trace(store: Store, trace_id: str, team: str | None) -> dict[str, Any]:
    roots = tree_of_trace(store, trace_id, team)
    if not roots:
        raise Refused(Reason.NOT_FOUND, "the ledger has no such trace that you may see")
    return trace_document(trace_id, roots)


def _answer(document: dict[str, Any], status: int = 200) -> Response:
    return Response(_text(document), status, media_type=_JSON)


def _text(document: dict[str, Any]) -> str:
    try:
        return json.dumps(document, default=jsonable)
    except RecursionError:
        what = "the trace nests too deeply for JSON; `otel-costing trace --format csv` shows it"
        raise Refused(Reason.INVALID, what) from None
