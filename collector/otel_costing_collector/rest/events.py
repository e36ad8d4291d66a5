"""Usage events in the body of a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from otel_costing.problems import Problem
from otel_costing.usage_events import UsageEvent, contradictions
from otel_costing_collector.rest.bodies import Form, told_in
from otel_costing_collector.rest.event_body import UsageEventBody

Missing = Callable[[UsageEvent], Iterable[str]]
"""Returns the fields of its attribution that an event must have, and has not."""


def events_of(value: Any, call_id_of: Callable[[str], str], missing: Missing) -> list[UsageEvent]:
    """Read the events of a request.

    Args:
        value: of its JSON.
        call_id_of: the identity of a request id's call.
        missing: mandatory fields that are not there.

    Raises:
        Invalid: with every mistake.
    """

    def read(one: Any) -> UsageEvent:
        body = UsageEventBody.model_validate(one)
        return body.event(call_id_of(body.request_id))

    mistakes = partial(_mistakes, missing=missing)
    return told_in(value, Form("event", read, mistakes, "requestId", lambda one: one.request_id))


def _mistakes(event: UsageEvent, place: str, missing: Missing) -> Iterator[Problem]:
    for field, what in contradictions(event):
        yield Problem(f"{place}/{field}", what)
    environment = event.attribution.environment or "none"
    for name in missing(event):
        field = UsageEventBody.model_fields[name].alias or name
        yield Problem(f"{place}/{field}", f"is mandatory in environment {environment}")
