"""What the ledger keeps of every span, model call or not: enough for the tree of its trace, nothing more."""

from __future__ import annotations

from typing import NamedTuple

from otel_costing.attribution import Attribution
from otel_costing.instants import storable_ns
from otel_costing.ledger import duration_ms, storable_text
from otel_costing.spans import SpanRecord


class Skeleton(NamedTuple):
    """A span without its attributes. Ids in lowercase hex, times in nanoseconds since 1970 UTC."""

    trace_id: str
    span_id: str
    parent_span_id: str
    """Empty at the root of a trace."""
    name: str
    kind: str
    service: str
    team: str
    workflow: str
    workflow_run_id: str
    feature: str
    start_ns: int
    duration_ms: int
    ended_ns: int
    failed: bool
    links: tuple[tuple[str, str], ...]
    authenticated_team: str = ""
    """See `LedgerEntry`."""


def skeleton_of(record: SpanRecord, attribution: Attribution) -> Skeleton:
    """Return the skeleton of a span."""
    # In the order of the fields: given by name they take twice as long, and this is at every span.
    return Skeleton(
        record.trace_id,
        record.span_id,
        record.parent_span_id,
        storable_text(record.name),
        record.kind,
        storable_text(record.service),
        attribution.team,
        attribution.workflow,
        attribution.workflow_run_id,
        attribution.feature,
        storable_ns(record.start_ns),
        duration_ms(record),
        storable_ns(record.end_ns),
        record.failed,
        record.links,
    )
