"""The body of a request -> usage events, or every mistake in it. One event or a list; all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from otel_costing.problems import Problem
from otel_costing.usage_events import UsageEvent, contradictions
from otel_costing_collector.rest.event_body import UsageEventBody
from otel_costing_collector.rest.problem_details import Invalid

MOST_EVENTS = 1_000
"""In one request: more of them are more requests."""
MOST_PROBLEMS = 1_000
"""Of one request: what follows is not looked for."""
_LONGEST_SENTENCE = 400
_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is no field here; the OpenAPI document lists them",
    "model_type": "is no JSON object",
    "dict_type": "is no JSON object",
    "int_type": "is no whole number",
    "string_type": "is no text",
    "string_unicode": "holds half a character, which is no text",
    "string_too_short": "is empty",
}
"""Where the library would speak of its own types and inputs."""
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
    events: dict[str, UsageEvent] = {}
    problems: list[Problem] = []
    for place, one in placed(value, "events"):
        event = _event(one, place, call_id_of, problems)
        if event is not None:
            problems.extend(_mistakes(event, place, missing))
            events[place] = event
        if len(problems) >= MOST_PROBLEMS:
            break
    problems.extend(_named_twice(events))
    if problems:
        raise Invalid(problems)
    return list(events.values())


def placed(value: Any, what: str) -> Iterator[tuple[str, Any]]:
    """Yield one or each of a list, by its JSON pointer.

    Raises:
        Invalid: the list is empty, or holds too many.
    """
    if not isinstance(value, list):
        yield "", value
        return
    if not 1 <= len(value) <= MOST_EVENTS:
        raise Invalid([Problem("", f"holds {len(value)} {what}; a request has 1 to {MOST_EVENTS}")])
    yield from ((f"/{number}", one) for number, one in enumerate(value))


def _event(
    value: Any, place: str, call_id_of: Callable[[str], str], problems: list[Problem]
) -> UsageEvent | None:
    try:
        body = UsageEventBody.model_validate(value)
    except ValidationError as error:
        problems.extend(problems_in(error, place))
        return None
    return body.event(call_id_of(body.request_id))


def problems_in(error: ValidationError, place: str) -> Iterator[Problem]:
    """Yield what does not fit its field, by JSON pointers below `place`; of more than can be meant, how many."""
    count = error.error_count()
    if count > MOST_PROBLEMS:
        yield Problem(place, f"has {count} mistakes, more than are told one by one")
        return
    for one in error.errors(include_url=False, include_input=False):
        pointer = "".join(f"/{_escaped(str(part))}" for part in one["loc"])
        yield Problem(place + pointer, what_is_wrong(one["type"], one["msg"]))


def what_is_wrong(kind: str, message: str) -> str:
    """Return a mistake in a sentence for whoever sent it, from the library's kind and message."""
    return _SENTENCES.get(kind) or message.removeprefix("Value error, ")[:_LONGEST_SENTENCE]


def _escaped(part: str) -> str:
    """Spell a name in a JSON pointer. Source: RFC 6901 section 3."""
    return part[:80].replace("~", "~0").replace("/", "~1")


def _mistakes(event: UsageEvent, place: str, missing: Missing) -> Iterator[Problem]:
    for field, what in contradictions(event):
        yield Problem(f"{place}/{field}", what)
    environment = event.attribution.environment or "none"
    for name in missing(event):
        field = UsageEventBody.model_fields[name].alias or name
        yield Problem(f"{place}/{field}", f"is mandatory in environment {environment}")


def _named_twice(events: Mapping[str, UsageEvent]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for place, event in events.items():
        if first.setdefault(event.request_id, place) != place:
            yield Problem(f"{place}/requestId", "is that of another event of this request")
