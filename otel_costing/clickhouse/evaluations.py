"""Evaluations into their table, each once, whichever batches bring it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.blocks import MOST_KEYS, blocks, parts
from otel_costing.clickhouse.columns import Columns, date_of, dates_of, month_of_row
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.sql import Ask
from otel_costing.evaluations import Evaluation
from otel_costing.ledger import digest

_PLAIN = tuple(name for name in Evaluation._fields if name != "evaluated_ns")


class BookedEvaluations(NamedTuple):
    """What came of the evaluations of a batch."""

    booked: int
    begun: bool
    """An earlier attempt at this very batch wrote some."""


def book_evaluations(connection: Connection, ask: Ask, batch: SealedBatch) -> BookedEvaluations:
    """Write the evaluations of a batch that are not booked yet."""
    fresh = {one.evaluation_id: one for one in batch.evaluations}
    begun = False
    for row in _known(ask, list(fresh.values())):
        fresh.pop(row["evaluation_id"], None)
        begun = begun or row["batch_id"] == batch.batch_id
    _insert(connection, list(fresh.values()), batch)
    return BookedEvaluations(len(fresh), begun)


def _known(ask: Ask, evaluations: Iterable[Evaluation]) -> Iterator[dict[str, Any]]:
    by_day = sorted(evaluations, key=lambda one: (one.evaluated_ns, one.evaluation_id))
    for part in parts(by_day, MOST_KEYS):
        asked = {
            "days": dates_of(one.evaluated_ns for one in part),
            "evaluation_ids": [one.evaluation_id for one in part],
        }
        yield from ask("known_evaluations", asked)


def _insert(connection: Connection, evaluations: Sequence[Evaluation], batch: SealedBatch) -> None:
    for block in blocks(evaluations, lambda one: month_of_row(one.evaluated_ns)):
        connection.insert(
            "evaluations",
            _columns(block, batch.received_ns, batch.batch_id),
            token=digest("evaluations", batch.batch_id, *(one.evaluation_id for one in block)),
        )


def _columns(evaluations: Sequence[Evaluation], received_ns: int, batch_id: str) -> Columns:
    columns: Columns = {name: [getattr(one, name) for one in evaluations] for name in _PLAIN}
    # One that does not say when it was made was made when it came.
    columns["evaluated_at"] = [one.evaluated_ns or received_ns for one in evaluations]
    columns["evaluated_on"] = [date_of(one.evaluated_ns) for one in evaluations]
    columns["received_at"] = [received_ns] * len(evaluations)
    columns["batch_id"] = [batch_id] * len(evaluations)
    return columns
