"""What came of some work, and what that is worth: a ticket resolved, an order placed. Pure.

An outcome told by an event is known by its content, one told by a request by the key its sender gives it: the same one
told twice is one. It names the run that it came of, or the trace, and never holds content.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing import semconv
from otel_costing.attribution import (
    Attribution,
    attribution_of,
    attribution_within,
)
from otel_costing.counts import LARGEST_QUANTITY
from otel_costing.finding import Finding, once_a_day
from otel_costing.instants import storable_ns
from otel_costing.ledger import digest, storable_text
from otel_costing.log_records import LogRecord
from otel_costing.money import amount_of, format_pico, pico_of
from otel_costing.spans import SpanEvent, SpanRecord, service_of

CONFLICT = "outcome_conflict"
"""Kind of a finding: a key that stands for one outcome came again with another; the first stays."""
_QUANTITY = re.compile(r"-?[0-9]{1,13}", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


class Outcome(NamedTuple):
    """One outcome; what is said and cannot be read is None, as is a value that nobody says."""

    outcome_id: str
    content_digest: str
    """Of what it says, and of where and when; never of a person's identifiers."""
    outcome_key: str
    """As the sender of a request names it; empty where an event tells of it."""
    name: str
    """For example `ticket_resolved`."""
    quantity: int | None
    """How many of them; negative takes back."""
    value_usd: Decimal | None
    """Of all of them together."""
    success: bool | None
    """False: it was tried, and did not come about."""
    occurred_ns: int
    """Nanoseconds since 1970 UTC; 0 where it is not said, or cannot be."""
    trace_id: str
    span_id: str
    attribution: Attribution
    """Who tells of it, for what: its `team` is the teller's."""
    service: str
    scope: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by where spans are known by their trace and span ids."""
        return "", self.outcome_id


def outcomes_on(record: SpanRecord, attribution: Attribution) -> tuple[Outcome, ...]:
    """Return what the events of a span tell; what they do not say of who caused it, its `attribution` does."""
    return tuple(
        _outcome(_log_of(event, record), attribution_within(event.attributes, attribution))
        for event in record.events
        if event.name == semconv.OUTCOME
    )


def _log_of(event: SpanEvent, record: SpanRecord) -> LogRecord:
    return LogRecord(
        record.trace_id,
        record.span_id,
        event.time_ns,
        event.attributes,
        record.scope_name,
        record.resource,
        event.name,
    )


def outcome_of(record: LogRecord) -> Outcome:
    """Return what a log record named `otel_costing.outcome` tells."""
    return _outcome(record, attribution_of(record.attributes, record.resource))


def _outcome(record: LogRecord, attribution: Attribution) -> Outcome:
    said = record.attributes
    name = said.get(semconv.OUTCOME_NAME)
    return by_content(
        Outcome(
            outcome_id="",
            content_digest="",
            outcome_key="",
            name=storable_text(name) if isinstance(name, str) else "",
            quantity=quantity_of(said.get(semconv.OUTCOME_QUANTITY, 1)),
            value_usd=amount_of(said.get(semconv.OUTCOME_VALUE_USD)),
            success=success_of(said.get(semconv.OUTCOME_SUCCESS, True)),
            occurred_ns=storable_ns(record.time_ns),
            trace_id=record.trace_id,
            span_id=record.span_id,
            attribution=attribution,
            service=storable_text(service_of(record.resource)),
            scope=storable_text(record.scope_name),
        )
    )


def by_content(outcome: Outcome) -> Outcome:
    """Return an outcome that is known by what it says."""
    content = _content_of(outcome)
    return outcome._replace(outcome_id=content, content_digest=content)


def by_key(outcome: Outcome, team: str, sender: str) -> Outcome:
    """Return an outcome that is known by its key within its sender's team, or by the sender's name where it has none."""
    scope = (team,) if team else ("", sender)
    outcome_id = digest("outcome_key", *scope, outcome.outcome_key)
    return outcome._replace(outcome_id=outcome_id, content_digest=_content_of(outcome))


def conflict_of(came: Outcome, kept_digest: str) -> Finding:
    """Return the finding that an outcome came under a key that another content already has."""
    said = {
        "outcome_id": came.outcome_id,
        "outcome_key": came.outcome_key,
        "name": came.name,
        "quantity": came.quantity,
        "value_usd": None if came.value_usd is None else f"{came.value_usd:f}",
        "content_digest": came.content_digest,
        "kept_content_digest": kept_digest,
    }
    return once_a_day(CONFLICT, said, came.trace_id, came.span_id, came.occurred_ns)


def _content_of(outcome: Outcome) -> str:
    """Leave out who tells it, but for the run: a receiver on the way may name them anew, and none is erased."""
    value = outcome.value_usd
    return digest(
        "outcome",
        outcome.trace_id,
        outcome.span_id,
        outcome.attribution.workflow_run_id,
        outcome.attribution.origin_workflow_run_id,
        outcome.name,
        repr(outcome.quantity),
        "" if value is None else format_pico(pico_of(value)),
        repr(outcome.success),
        str(outcome.occurred_ns),
        outcome.scope,
    )


def quantity_of(said: Any) -> int | None:
    """Return a whole number within what can be meant, also one written as text; None for anything else."""
    if isinstance(said, str) and _QUANTITY.fullmatch(said):
        said = int(said)
    is_whole = isinstance(said, int) and not isinstance(said, bool)
    return said if is_whole and abs(said) <= LARGEST_QUANTITY else None


def success_of(said: Any) -> bool | None:
    """Return a truth value, also one written as text; None for anything else."""
    if isinstance(said, str):
        return _BOOLEANS.get(said)
    return said if isinstance(said, bool) else None
