"""What the current work says of itself, block within block, and what of it processors read at a span's start.

It lives in OpenTelemetry's context, so it follows asyncio tasks, and threads that carry that context. Where a library
begins spans in a context of its own, the block around the code may say more: `innermost`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext

from otel_costing.attribution import PERSONAL, Attribution, as_attributes, is_hash
from otel_costing.baggage import claimed, trusts_inbound

if TYPE_CHECKING:
    from otel_costing.receipt import Receipt

_KEY = context_api.create_key("otel-costing-working")
_NUMBERS = itertools.count(1)
# Tasks that begin one another, each in its predecessor's block, nest without end.
_MOST_AROUND = 32
Speaker = int | Attribution | None
"""Who says what a context holds: a block, by its number; inbound baggage, by its claims; nobody."""


class Working(NamedTuple):
    """What the context holds: who the work is for, and the receipts it is on."""

    attribution: Attribution | None = None
    receipt: Receipt | None = None
    shared: Mapping[str, str] = {}
    """Personal identifiers that travel, already hashed, by field."""
    attributes: Mapping[str, str] = {}
    """The attribution as span attributes, by our own names."""
    speaker: Speaker = None
    around: tuple[Speaker, ...] = ()
    """Who spoke around that, the nearest first; those further out are forgotten."""

    def inside(self, **otherwise: Any) -> Working:
        """Return what holds in a block that begins here: the same, but for what it says otherwise."""
        around = (self.speaker, *self.around)[:_MOST_AROUND]
        return self._replace(**otherwise, speaker=next(_NUMBERS), around=around)

    def is_within(self, outer: Working) -> bool:
        """Tell whether this is of a block that began where `outer` held, or nobody speaks in `outer`."""
        return outer.speaker is None or outer.speaker in self.around


IDLE = Working()


class Block(NamedTuple):
    """What is said around some code, in whatever context of OpenTelemetry that runs."""

    working: Working
    trace_id: int
    """Of the span that was current when the block began, 0 for none."""


NO_BLOCK = Block(IDLE, 0)
INNERMOST: ContextVar[Block] = ContextVar("otel-costing-block", default=NO_BLOCK)
Entered = tuple[Token[Context], Block]
"""What it takes to leave a block."""


def enter(context: Context) -> Entered:
    """Begin a block of the work that `context` holds."""
    outer = INNERMOST.get()
    trace_id = trace.get_current_span(context).get_span_context().trace_id
    INNERMOST.set(Block(working_in(context), trace_id))
    return context_api.attach(context), outer


def leave(entered: Entered) -> None:
    """End a block."""
    token, outer = entered
    INNERMOST.set(outer)
    context_api.detach(token)


def innermost(said: Working, parent: SpanContext | None) -> Working:
    """Return for whom code works in a context that says `said`, below `parent`: the block around it, where that is inner.

    Libraries begin spans in contexts that they made (Logfire, where a stream ends) or captured before the block began
    (OpenTelemetry's callbacks of LangChain). The block wins only if it began within what the context says: what an
    inner block gets its outer ones get too, so nobody whom the context names loses anything. And only in its own trace:
    a span of another is of other work, a request's or a message's that is served here.
    """
    working, trace_id = INNERMOST.get()
    if working is said or not working.is_within(said):
        return said
    return working if parent is None or parent.trace_id == trace_id else said


def working_here(context: Context) -> Working:
    """Return for whom the code works that runs in `context`, the current one."""
    span = trace.get_current_span(context).get_span_context()
    return innermost(working_in(context), span if span.is_valid else None)


def working_in(context: Context | None) -> Working:
    """Return what a context says; `IDLE` where nothing does. Trusted inbound baggage counts as said."""
    current = context_api.get_current() if context is None else context
    found = current.get(_KEY)
    working = found if isinstance(found, Working) else IDLE
    if working.attribution is None and trusts_inbound():
        claims = claimed(current)
        if claims:
            inbound = _inbound(claims)
            return working._replace(
                attribution=inbound,
                shared=_hashed(claims),
                attributes=as_attributes(inbound),
                speaker=inbound,
            )
    return working


def with_working(context: Context, working: Working) -> Context:
    """Return `context` with another content of ours."""
    return context_api.set_value(_KEY, working, context)


def _hashed(claims: Mapping[str, str]) -> dict[str, str]:
    """Return the pseudonyms that a caller shared: they travel on with the origin."""
    return {name: value for name, value in claims.items() if name in PERSONAL and is_hash(value)}


def _inbound(claims: Mapping[str, str]) -> Attribution:
    return Attribution(
        project=claims.get("project", ""),
        workflow_run_id=claims.get("workflow_run_id", ""),
        purpose=claims.get("purpose", ""),
        user_id=claims.get("user_id", ""),
        session_id=claims.get("session_id", ""),
        customer_id=claims.get("customer_id", ""),
        origin_team=claims.get("team", ""),
        origin_workflow=claims.get("workflow", ""),
        origin_workflow_run_id=claims.get("workflow_run_id", ""),
        origin_feature=claims.get("feature", ""),
        origin_source="baggage",
    )
