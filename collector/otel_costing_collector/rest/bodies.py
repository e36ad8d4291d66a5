"""The body of a request -> what it tells of, or every mistake in it. One or a list; all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from otel_costing.problems import Problem
from otel_costing_collector.rest.problem_details import Invalid

MOST_AT_ONCE = 1_000
"""In one request: more of them are more requests."""
_MOST_PROBLEMS = 1_000
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
One = TypeVar("One")


class Form(NamedTuple, Generic[One]):
    """What bodies tell of."""

    name: str
    """Of one of them, in sentences."""
    read: Callable[[Any], One]
    """Reads one; raises `ValidationError`."""
    mistakes: Callable[[One, str], Iterable[Problem]]
    """What is wrong with one that could be read, by its JSON pointer."""
    key: str
    """The field that no two of a request share,"""
    key_of: Callable[[One], str]
    """and what one says there."""


def told_in(value: Any, form: Form[One]) -> list[One]:
    """Read a body.

    Args:
        value: of its JSON.
        form: what it tells of.

    Raises:
        Invalid: with every mistake.
    """
    told: dict[str, One] = {}
    problems: list[Problem] = []
    for place, one in _placed(value, form.name):
        try:
            told[place] = form.read(one)
        except ValidationError as error:
            problems.extend(_problems_in(error, place))
        else:
            problems.extend(form.mistakes(told[place], place))
        if len(problems) >= _MOST_PROBLEMS:
            break
    problems.extend(_named_twice(told, form))
    if problems:
        raise Invalid(problems)
    return list(told.values())


def _placed(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield one or each of a list, by its JSON pointer.

    Raises:
        Invalid: the list is empty, or holds too many.
    """
    if not isinstance(value, list):
        yield "", value
        return
    if not 1 <= len(value) <= MOST_AT_ONCE:
        raise Invalid(
            [Problem("", f"holds {len(value)} {name}s; a request has 1 to {MOST_AT_ONCE}")]
        )
    yield from ((f"/{number}", one) for number, one in enumerate(value))


def _problems_in(error: ValidationError, place: str) -> Iterator[Problem]:
    """Yield what does not fit its field, by JSON pointers below `place`; of more than can be meant, how many."""
    count = error.error_count()
    if count > _MOST_PROBLEMS:
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


def _named_twice(told: Mapping[str, One], form: Form[One]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for place, one in told.items():
        if first.setdefault(form.key_of(one), place) != place:
            yield Problem(f"{place}/{form.key}", f"is that of another {form.name} of this request")
