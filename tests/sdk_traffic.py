"""Captured runs of double-instrumented applications as traffic: made anew many times, and exported as the SDK does.

`BatchSpanProcessor` hands over what has ended every five seconds, or at once where 512 spans wait.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from otel_costing.batch import Examined, examine, seal
from otel_costing.otlp import decode
from otel_costing.rates import default_rates
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, hex_id
from tests.conformance.truth import SPANS

FLUSH_NS = 5 * SECOND
_LARGEST_EXPORT = 512
_CALL_NS = 3 * SECOND

Run = Sequence[SpanRecord]
Slowness = Callable[[Run], int]
"""How many times as long a captured run takes: the providers of the captures answer within milliseconds."""


class Export(NamedTuple):
    """What one process hands over at once."""

    at_ns: int
    spans: Sequence[Examined]


def as_captured(_run: Run) -> int:
    """Leave a run as it is."""
    return 1


def as_slow_as_models(run: Run) -> int:
    """Let the longest call of a run last three seconds, and the rest in proportion."""
    return 1 + _CALL_NS // max(span.end_ns - span.start_ns for span in run if _is_call(span))


def traffic(copies: int, over_s: int, slowness: Slowness) -> list[Examined]:
    """Return each double-instrumented run so many times, begun at random within a period, by the ends of spans."""
    draw = random.Random(11)  # noqa: S311 - nothing here is secret
    spans = [
        span
        for run in double_instrumented()
        for _ in range(copies)
        for span in _anew(run, draw, NOON + draw.randrange(over_s * SECOND), slowness(run))
    ]
    return [_examined(span) for span in sorted(spans, key=lambda span: span.end_ns)]


def exports(spans: Iterable[Examined], phase_ns: int = 0) -> Iterator[Export]:
    """Hand over spans, given by their ends, as one process does whose clock of flushes stands at `phase_ns`."""
    waiting: list[Examined] = []
    flush_ns = NOON + phase_ns
    for span in spans:
        ended_ns = span.skeleton.ended_ns
        while ended_ns > flush_ns:
            if waiting:
                yield Export(flush_ns, waiting)
            waiting, flush_ns = [], flush_ns + FLUSH_NS
        waiting.append(span)
        if len(waiting) == _LARGEST_EXPORT:
            yield Export(ended_ns, waiting)
            waiting = []
    if waiting:
        yield Export(flush_ns, waiting)


def sealed_after(arrivals: Iterable[Export], linger_ns: int) -> Iterator[list[Examined]]:
    """Gather what arrives within `linger_ns` of the first that waits, as a collector does."""
    waiting: list[Examined] = []
    until_ns = 0
    for export in arrivals:
        if waiting and export.at_ns >= until_ns:
            yield waiting
            waiting = []
        if not waiting:
            until_ns = export.at_ns + linger_ns
        waiting.extend(export.spans)
    if waiting:
        yield waiting


@cache
def double_instrumented() -> tuple[Run, ...]:
    """Return the captured runs in which several spans tell of one call, or an agent of several calls."""
    runs = (decode(path.read_bytes()).spans for path in sorted(SPANS.glob("*.json")))
    return tuple(run for run in runs if _is_told_twice(run))


def _is_told_twice(run: Run) -> bool:
    (batch,) = seal([_examined(span) for span in run], default_rates(), NOON, largest=1000)
    return bool(batch.sightings)


def _is_call(span: SpanRecord) -> bool:
    account = _examined(span).account
    return account is not None and account.cause == "first" and span.end_ns > span.start_ns


def _examined(span: SpanRecord) -> Examined:
    return examine(span, default_rates(), span.end_ns)


def _anew(run: Run, draw: random.Random, begins_ns: int, times: int) -> Iterator[SpanRecord]:
    """Make a run again: with its own trace ids, span ids, response ids and times."""
    first_ns = min(span.start_ns for span in run)
    ids: dict[str, str] = {"": ""}
    suffix = hex_id(draw.getrandbits(60))
    for span in run:
        yield span._replace(
            trace_id=ids.setdefault(span.trace_id, hex_id(draw.getrandbits(120), 32)),
            span_id=ids.setdefault(span.span_id, hex_id(draw.getrandbits(60))),
            parent_span_id=ids.setdefault(span.parent_span_id, hex_id(draw.getrandbits(60))),
            start_ns=begins_ns + (span.start_ns - first_ns) * times,
            end_ns=begins_ns + (span.end_ns - first_ns) * times,
            attributes=_of_other_response(span.attributes, _response_ids(run), suffix),
        )


def _response_ids(run: Run) -> set[str]:
    accounts = (_examined(span).account for span in run)
    return {one.response_id for one in accounts if one is not None} - {""}


def _of_other_response(
    attributes: Mapping[str, Any], response_ids: Iterable[str], suffix: str
) -> dict[str, Any]:
    """Let every response id end differently, as the ids of providers do, wherever it is said."""

    def other(value: object) -> object:
        if isinstance(value, str):
            for response_id in response_ids:
                value = value.replace(response_id, f"{response_id}{suffix}")
        return value

    return {name: other(value) for name, value in attributes.items()}
