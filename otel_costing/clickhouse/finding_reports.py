"""What was found while calls were counted once, as people read it: absent is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.aggregates import Tokens
from otel_costing.clickhouse.reports import absent
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between


class ConflictingCall(NamedTuple):
    """A call that is booked and that something contradicts."""

    why: str
    """`totals differ`: its response id was seen with several totals; `content differs`: its span came again and
    said something else, and the first stays."""
    response_id: str | None
    trace_id: str
    span_id: str
    call_id: str
    occurred_at: datetime
    service: str | None
    provider: str | None
    model: str | None
    usd: Decimal | None
    said_usd: Decimal | None
    """What the span came to the second time; None where that had no price, or where another call contradicts."""


class UncoveredUsage(NamedTuple):
    """An agent's span that sums up more tokens than the calls that are known beneath it."""

    trace_id: str
    span_id: str
    ended_at: datetime
    service: str | None
    agent: str | None
    scope: str | None
    said: Tokens
    beneath: Tokens

    @property
    def missing(self) -> Tokens:
        """What no call beneath accounts for; not charged."""
        return Tokens(
            max(self.said.input - self.beneath.input, 0),
            max(self.said.output - self.beneath.output, 0),
        )


class Absorbed(NamedTuple):
    """Spans of one instrumentation that were not charged, as a span of another tells of the same calls."""

    kind: str
    """`duplicate` or `wrapper`."""
    absorbed_scope: str | None
    booked_scope: str | None
    spans: int


def conflicts(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> list[ConflictingCall]:
    """Return the booked calls that something contradicts, those of one response together."""
    rows = store.query("conflicts", between(since, until))
    return [ConflictingCall(**absent(row)) for row in rows]


def uncovered_usage(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> list[UncoveredUsage]:
    """Return the aggregates that, as last found, say more than the calls beneath them; most tokens first."""
    rows = store.query("usage_beyond_calls", between(since, until))
    return [_uncovered(absent(row)) for row in rows]


def absorbed(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> list[Absorbed]:
    """Return how many spans were not charged, as another one told of their call; by both instrumentations."""
    rows = store.query("absorbed_by_scope", between(since, until))
    return [Absorbed(**absent(row)) for row in rows]


def _uncovered(row: Mapping[str, Any]) -> UncoveredUsage:
    plain = {name: row[name] for name in UncoveredUsage._fields if name in row}
    return UncoveredUsage(
        **plain,
        said=Tokens(row["said_input"], row["said_output"]),
        beneath=Tokens(row["beneath_input"], row["beneath_output"]),
    )
