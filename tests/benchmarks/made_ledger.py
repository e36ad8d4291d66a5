"""A ledger of any number of calls over thirty days, made inside the engine of the calls' numbers alone.

Eight teams, forty workflows, thirty models, twenty thousand users; five calls to a trace, two traces to a run, four runs to
a session; three lines to a call. A fiftieth is corrected, three tenths take their origin from the root of their trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from otel_costing.clickhouse.store import Store

DAYS = 30
FIRST_NS = 1_790_812_800 * 10**9
"""2026-10-01T00:00:00Z: all of it in one month, as the oldest calls of thirty days are in few."""
_SPAN_NS = DAYS * 86_400 * 10**9
_CALLS_OF_TRACE, _SPANS_OF_TRACE = 5, 7
_CALLS_AT_ONCE = 150_000
"""In one insert; as many parts as a day's bookings leave behind once they are merged a few times."""


def fill(store: Store, calls: int) -> None:
    """Put `calls` calls, their corrections and the spans of their traces into an empty ledger, in the order of time."""
    for first, until in _cuts(calls):
        asked = {"calls": calls, "first_ns": FIRST_NS, "span_ns": _SPAN_NS}
        of_calls = {**asked, "from": first, "until": until}
        of_spans = {**asked, "from": _spans_until(first), "until": _spans_until(until)}
        for name, bounds in (("calls", of_calls), ("spans", of_spans), ("corrections", of_calls)):
            _make(store, name, bounds)


def _make(store: Store, name: str, bounds: dict[str, int]) -> None:
    told = {} if name == "spans" else {"corrections": name == "corrections"}
    statement = _statement("made_spans" if name == "spans" else "made_postings")
    store.connection.command(statement, {**bounds, **told})


def _cuts(calls: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of calls' numbers that end with whole traces."""
    edges = [*range(0, calls, _CALLS_AT_ONCE - _CALLS_AT_ONCE % _CALLS_OF_TRACE), calls]
    yield from pairwise(edges)


def _spans_until(call: int) -> int:
    return call // _CALLS_OF_TRACE * _SPANS_OF_TRACE


@cache
def _statement(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
