"""A model call that no span tells of, as its caller states it: from an event to what the ledger keeps of it. Pure.

The call's identity is the request id within the scope of whoever sends, so that a retry is no second
call whatever else it says. An event without a trace is a trace of its own, of one span: it stands at the root of its
own work, as a span without a parent does. One that names a trace stands beneath the span it names, and where that
span tells of the same call the two are settled as any nested spans.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from otel_costing.assignments import RESERVED_TAGS
from otel_costing.attribution import Attribution
from otel_costing.decoded import Undecodable
from otel_costing.dialects import CONVENTION
from otel_costing.entry import LedgerEntry, digest, entry_id_of
from otel_costing.examined import Examined
from otel_costing.identity import Identity, id_of, identity_of, text_of
from otel_costing.ledger import charge, storable_text
from otel_costing.pricing import price_call
from otel_costing.rates import RateBook
from otel_costing.reported import reported_as
from otel_costing.semconv import SERVICE_NAME
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from otel_costing.usage import Call, Usage

DIALECT = "usage_event"
"""Of every entry that an event tells of; no span can have it."""
_NO_CALLS = frozenset(("none", "aggregate"))
_SPAN_ID_DIGITS = 16


class UsageEvent(NamedTuple):
    """One model call as its caller states it. Times in nanoseconds since 1970 UTC, ids in lowercase hex."""

    call_id: str
    request_id: str
    provider: str
    model: str
    """As it was asked for."""
    usage: Mapping[str, int]
    """Quantities by meter, disjoint from one another; empty where nobody knows them."""
    started_ns: int
    ended_ns: int
    attribution: Attribution = Attribution()
    response_model: str = ""
    """The model that answered, where it is another."""
    operation: str = ""
    tier: str = ""
    region: str = ""
    response_id: str = ""
    service: str = ""
    trace_id: str = ""
    """Empty where the call belongs to no trace."""
    span_id: str = ""
    """Of the span in whose course the call was made."""
    error_type: str = ""
    reported_usd: str = ""
    """What somebody else said it cost, as decimal text."""
    tags: tuple[tuple[str, str], ...] = ()


def call_id_of_request(team: str, sender: str, request_id: str) -> str:
    """Return the identity of the call that a request tells of.

    Args:
        team: of the sender, as the receiver has authenticated it; empty where it is bound to none.
        sender: who sends, which is the scope where no team is.
        request_id: as the sender names the request.
    """
    return (
        digest("request", team, request_id) if team else digest("request", "", sender, request_id)
    )


def is_told_by_request(entry: LedgerEntry) -> bool:
    """Tell whether the identity of an entry's call is that of a request, and not of a span."""
    return entry.dialect == DIALECT


def contradictions(event: UsageEvent) -> Iterator[tuple[str, str]]:
    """Yield each field, as events spell it, that cannot be true beside the others, and why."""
    if event.ended_ns < event.started_ns:
        yield "endedAt", "is before startedAt"
    if bool(event.trace_id) != bool(event.span_id):
        yield "traceId" if event.span_id else "spanId", "is missing; name both or neither"
    for field, said in (("traceId", event.trace_id), ("spanId", event.span_id)):
        if said and not said.strip("0"):
            yield field, "is all zeros, as where no span is recorded; leave both out"
    if _identity(event).operation in _NO_CALLS:
        yield (
            "operation",
            f"{event.operation!r} is no model call of its own; send the calls it made",
        )
    for name in RESERVED_TAGS.intersection(dict(event.tags)):
        yield f"tags/{name}", "is a tag that the ledger itself sets; name it otherwise"
    if event.error_type and not any(event.usage.values()):
        yield "usage", "a call that failed and used nothing is not billed; leave it out"


def examine_event(
    event: UsageEvent, rates: RateBook, received_ns: int, *, sender: str = ""
) -> Examined:
    """Price and attribute one event, by the functions that price a span.

    Args:
        event: without `contradictions`.
        rates: the book that prices it.
        received_ns: when it reached us, nanoseconds since 1970 UTC.
        sender: who sent it, where the receiver has authenticated it.
    """
    record = record_of(event)
    priced = price_call(
        _call(event),
        start_ns=event.started_ns,
        end_ns=event.ended_ns,
        received_ns=received_ns,
        rates=rates,
    )
    account = charge(record, priced, event.attribution, received_ns, sender=sender)
    return Examined(skeleton_of(record, event.attribution), _by_request(account, event))


def _by_request(account: LedgerEntry, event: UsageEvent) -> LedgerEntry:
    return account._replace(
        call_id=event.call_id,
        entry_id=entry_id_of(event.call_id, "charge", 0),
        source_document=storable_text(event.request_id),
        tags=event.tags,
    )


def record_of(event: UsageEvent) -> SpanRecord:
    """Return the span that the event stands for, without attributes."""
    return SpanRecord(
        trace_id=event.trace_id or event.call_id,
        span_id=event.call_id[:_SPAN_ID_DIGITS],
        parent_span_id=event.span_id,
        name=" ".join(part for part in (event.operation, event.model) if part),
        kind="client",
        # A span of no duration is a report of another call (`same_call`, rule 5); an event is the call.
        start_ns=min(event.started_ns, event.ended_ns - 1),
        end_ns=event.ended_ns,
        attributes={},
        scope_name=DIALECT,
        scope_version="",
        resource={SERVICE_NAME: event.service},
        failed=bool(event.error_type),
    )


def _call(event: UsageEvent) -> Call:
    identity = _identity(event)
    return Call(
        provider=identity.provider,
        model=identity.model,
        request_model=identity.request_model,
        operation=identity.operation or identity.said,
        usage=Usage(event.usage),
        tier=identity.tier,
        region=text_of(event.region),
        response_id=id_of(event.response_id),
        dialect=DIALECT,
        assumptions=identity.assumptions,
        reported=reported_as(event.reported_usd, "reportedUsd") if event.reported_usd else None,
        error_type=text_of(event.error_type),
    )


def _identity(event: UsageEvent) -> Identity:
    said = {
        "operation": event.operation,
        "provider": event.provider,
        "request_model": event.model,
        "response_model": event.response_model,
        "tier": event.tier,
    }
    return identity_of(said, CONVENTION)


def encoded(events: Iterable[UsageEvent]) -> bytes:
    """Return events as they lie in a spool: JSON, each field under its name, left out where it says nothing."""
    documents = [{**_said(one), "attribution": _said(one.attribution)} for one in events]
    return json.dumps(documents, separators=(",", ":")).encode()


def _said(one: UsageEvent | Attribution) -> dict[str, Any]:
    usual = one._field_defaults
    return {
        name: value
        for name, value in one._asdict().items()
        if name not in usual or value != usual[name]
    }


def decoded(body: bytes) -> list[UsageEvent]:
    """Read what `encoded` has written.

    Raises:
        Undecodable: it is something else, for example of a newer version.
    """
    try:
        return [_event(document) for document in json.loads(body)]
    except (KeyError, TypeError, ValueError) as error:
        raise Undecodable(f"these are no usage events of this version: {error}") from None


def _event(document: Mapping[str, Any]) -> UsageEvent:
    tags = tuple((str(name), str(value)) for name, value in document.get("tags", ()))
    attribution = Attribution(**document["attribution"])
    return UsageEvent(**{**document, "attribution": attribution, "tags": tags})
