"""Outcomes into their table, each once, whichever batches bring it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.blocks import MOST_KEYS, parts
from otel_costing.clickhouse.columns import ATTRIBUTION, Columns
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.sql import Ask
from otel_costing.finding import Finding
from otel_costing.ledger import digest
from otel_costing.outcomes import Outcome, conflict_of

_MOST_ROWS = 10_000
_PLAIN = tuple(name for name in Outcome._fields if name not in {"occurred_ns", "attribution"})


class BookedOutcomes(NamedTuple):
    """What came of the outcomes of a batch."""

    booked: int
    begun: bool
    """An earlier attempt at this very batch wrote some."""
    conflicts: tuple[Finding, ...]


def book_outcomes(connection: Connection, ask: Ask, batch: SealedBatch) -> BookedOutcomes:
    """Write the outcomes of a batch that are not booked yet."""
    fresh = {one.outcome_id: one for one in batch.outcomes}
    conflicts = []
    begun = False
    for row in _known(ask, list(fresh)):
        came = fresh.pop(row["outcome_id"])
        begun = begun or row["batch_id"] == batch.batch_id
        if came.content_digest != row["content_digest"]:
            conflicts.append(conflict_of(came, row["content_digest"]))
    for rows in parts(list(fresh.values()), _MOST_ROWS):
        token = digest("outcomes", batch.batch_id, *(one.outcome_id for one in rows))
        connection.insert(
            "outcomes", _columns(rows, batch.received_ns, batch.batch_id), token=token
        )
    return BookedOutcomes(len(fresh), begun, tuple(conflicts))


def _known(ask: Ask, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for part in parts(sorted(ids), MOST_KEYS):
        yield from ask("known_outcomes", {"outcome_ids": list(part)})


def _columns(outcomes: Iterable[Outcome], received_ns: int, batch_id: str) -> Columns:
    rows = list(outcomes)
    columns: Columns = {name: [getattr(one, name) for one in rows] for name in _PLAIN}
    for name in ATTRIBUTION:
        columns[name] = [getattr(one.attribution, name) for one in rows]
    # One that does not say when it came about did so when it was told.
    columns["occurred_at"] = [one.occurred_ns or received_ns for one in rows]
    columns["received_at"] = [received_ns] * len(rows)
    columns["batch_id"] = [batch_id] * len(rows)
    return columns
