"""What a request of spans reads as, and what every encoding must hold to: ids, times, limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, NoReturn

from otel_costing.spans import Attributes, SpanRecord

DEEPEST_VALUE = 16
"""Lists and maps inside one attribute; what lies deeper is left out."""
MOST_LINKS = 128
MOST_SPANS = 1_000_000
MOST_EVENTS = 10_000
"""Evaluation results on one span; an SDK keeps 128 events unless it is told otherwise."""

ERROR_STATUS = 2
_KINDS = ("", "internal", "server", "client", "producer", "consumer")
_HEX = frozenset("0123456789abcdef")


class Undecodable(ValueError):  # noqa: N818 - it names the state of the bytes, and callers catch it as such
    """These bytes are no OTLP traces; the message says why in one sentence."""


class Decoded(NamedTuple):
    """What one request holds."""

    spans: list[SpanRecord]
    refused: list[str]
    """Why each span that was left out was left out."""


class Scope(NamedTuple):
    """Whose span it is: the resource and the instrumentation scope around it."""

    resource: Attributes
    name: str
    version: str


def keep(
    decoded: Decoded, read: Callable[[Any, Scope], SpanRecord], span: Any, scope: Scope
) -> None:
    """Add what `read` makes of `span`, or the sentence why it is left out."""
    if len(decoded.spans) >= MOST_SPANS:
        raise Undecodable(f"a request holds at most {MOST_SPANS} spans")
    try:
        decoded.spans.append(read(span, scope))
    except Undecodable as refused:
        decoded.refused.append(str(refused))


def id_of(text: str, digits: int, name: str) -> str:
    """Return `text` where it is `digits` hex digits and not all zero, else refuse the span."""
    if len(text) != digits or not set(text) <= _HEX or not text.strip("0"):
        refuse_id(name, digits)
    return text


def refuse_id(name: str, digits: int) -> NoReturn:
    """Refuse the span whose `name` is none.

    Raises:
        Undecodable: always.
    """
    raise Undecodable(f"a span has no {name} of {digits} hex digits that are not all zero")


def parent_of(text: str) -> str:
    """Return the parent's id; none and all zeros both mean a root."""
    return id_of(text, 16, "parent span id") if text.strip("0") else ""


def span_of(trace_id: str, span_id: str) -> tuple[str, str]:
    """Return the ids of the span that something stands in; of a trace without a span, or of none, the rest is empty."""
    trace = _id_or_none(trace_id, 32)
    return trace, _id_or_none(span_id, 16) if trace else ""


def _id_or_none(text: str, digits: int) -> str:
    is_one = len(text) == digits and set(text) <= _HEX and text.strip("0")
    return text if is_one else ""


def kind_of(value: Any) -> str:
    """Return the word of a span kind given by number or by name."""
    if isinstance(value, int) and 0 <= value < len(_KINDS):
        return _KINDS[value]
    name = value.removeprefix("SPAN_KIND_").lower() if isinstance(value, str) else ""
    return name if name in _KINDS else ""


def links_of(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the links that name a span, at most `MOST_LINKS` of them."""
    return tuple(pair for pair in pairs if _names_a_span(*pair))[:MOST_LINKS]


def _names_a_span(trace_id: str, span_id: str) -> bool:
    return len(trace_id) == 32 and len(span_id) == 16 and set(trace_id + span_id) <= _HEX
