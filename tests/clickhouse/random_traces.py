"""Traces that hypothesis draws: trees with orphans, cycles, ids told twice, and calls whose span is not kept."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from otel_costing.ancestry import SpanKey
from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry, reversal
from otel_costing.skeleton import Skeleton
from otel_costing.usage import Unpriced
from tests.calls import NOON, SECOND, batch, entry, hex_id, skeleton

MS = 10**6
TRACES = 3
TEAMS = st.sampled_from(["", "", "support", "search"])
SERVICES = st.sampled_from(["", "web", "web", "find"])
WORKFLOWS = st.sampled_from(["", "resolve-ticket", "import"])
RUNS = st.sampled_from(["", "run-1", "run-2", "run-3"])
USAGE = st.dictionaries(
    st.sampled_from(["input", "cache_read", "output"]), st.integers(1, 10**8), max_size=3
)


class Traces(NamedTuple):
    """What the ledger is told."""

    spans: list[Skeleton]
    """Each id once."""
    again: list[Skeleton]
    """Others of ids that were told before: what came first holds."""
    entries: list[LedgerEntry]


def book(store: Store, told: Traces) -> None:
    """Book traces into a ledger, and nothing else."""
    for table in ("ledger", "spans", "findings", "batches"):
        store.connection.command(f"TRUNCATE TABLE {table}")
    store.book(batch(told.entries, told.spans, name=f"{id(told)} first"))
    if told.again:
        store.book(batch([], told.again, name=f"{id(told)} again"))


@st.composite
def traces(draw: st.DrawFn) -> Traces:
    """Draw up to 25 spans, of which some are calls, and some calls without their spans."""
    spans: dict[SpanKey, Skeleton] = {}
    again: list[Skeleton] = []
    entries: dict[SpanKey, list[LedgerEntry]] = {}
    for number in range(draw(st.integers(1, 25))):
        told = draw(spans_of(number, draw(st.integers(1, TRACES))))
        key = (told.trace_id, told.span_id)
        is_call = draw(st.booleans())
        if key in spans:
            again.append(told)
        elif not is_call or draw(st.integers(0, 4)):
            spans[key] = told
        if is_call and key not in entries:
            entries[key] = draw(calls_of(told, number))
    return Traces(
        draw(st.permutations(list(spans.values()))),
        again,
        [one for of_span in entries.values() for one in of_span],
    )


@st.composite
def spans_of(draw: st.DrawFn, number: int, trace: int) -> Skeleton:
    """Draw a span; its parent may come before it, after it, be itself, or nowhere. Now and then it has another's id."""
    parent = draw(st.sampled_from([None, number - 1, number - 1, number - 2, number + 3, 90]))
    own = max(number - 1, 0) if draw(st.integers(0, 9)) == 0 else number
    span = skeleton(
        own,
        None if parent is None or parent < 0 else parent,
        trace=hex_id(trace, 32),
        start_ns=NOON + draw(st.integers(0, 9)) * MS,
        attribution=Attribution(
            team=draw(TEAMS), workflow=draw(WORKFLOWS), workflow_run_id=draw(RUNS)
        ),
    )
    return span._replace(
        service=draw(SERVICES),
        name=draw(st.sampled_from(["chat m", "chat m", "step"])),
        duration_ms=draw(st.integers(0, 5)),
        failed=draw(st.integers(0, 3)) == 0,
    )


@st.composite
def calls_of(draw: st.DrawFn, span: Skeleton, number: int) -> list[LedgerEntry]:
    """Draw what is booked of a span: a charge, which may be taken back."""
    source = draw(st.sampled_from(["none", "none", "baggage"]))
    stated = source == "baggage"
    one = entry(
        int(span.span_id, 16) - 1,
        draw(USAGE) or Unpriced("no_usage"),
        unpriced=draw(st.sampled_from(["", "", "unknown_model"])),
        trace=span.trace_id,
        end_ns=NOON + draw(st.integers(0, 2)) * 12 * 3600 * SECOND + number * MS,
        attribution=Attribution(
            team=span.team or draw(TEAMS),
            release=draw(st.sampled_from(["", "1.0", "2.0"])),
            agent=draw(st.sampled_from(["", "planner"])),
            tool=draw(st.sampled_from(["", "lookup"])),
            origin_team=draw(TEAMS) if stated else "",
            origin_workflow=draw(WORKFLOWS) if stated else "",
            origin_workflow_run_id=draw(RUNS) if stated else "",
            origin_source=source,
        ),
    )
    one = one._replace(
        parent_span_id=span.parent_span_id,
        service=span.service,
        error_type=draw(st.sampled_from(["", "", "timeout"])),
    )
    return [one, reversal(one, "duplicate")] if draw(st.integers(0, 5)) == 0 else [one]
