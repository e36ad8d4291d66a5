"""What answers cost beside what evaluators found of them, asked of the ledger; see `evaluated_cases`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.clickhouse.dimension_slots import slots
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.evaluated_cases import LARGEST_SCORE, Passes, Quality, by_values

DIMENSIONS = (
    "team",
    "workflow",
    "workflow_run_id",
    "feature",
    "environment",
    "purpose",
    "release",
    "service",
    "provider",
    "model",
)
"""Columns of the call in `evaluated_calls`."""
MOST_DIMENSIONS = 4


class EvaluationSpend(NamedTuple):
    """What calls cost whose purpose is `evaluation`. Amounts in USD; None is unknown."""

    calls: int
    unpriced_calls: int
    """Without a price, or with only a part of it."""
    usd: Decimal | None
    judged_calls: int
    """Answers that were judged themselves."""
    judged_usd: Decimal | None
    judging_usd: Decimal | None
    """All other: what judging took."""


def scores(
    store: Store,
    by: Sequence[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    name: str | None = None,
    passes: Passes | None = None,
) -> list[Quality]:
    """Return what cases cost and how they came out, by metric and up to four of `DIMENSIONS` of their calls.

    Args:
        store: the ledger.
        by: dimensions.
        since: calls that ended at or after this instant; aware.
        until: and before this one.
        name: only this metric.
        passes: what makes a case one that passed.

    Raises:
        ValueError: an unknown dimension, a naive instant, too many of either, in one sentence.
    """
    _refuse(by)
    rule = passes or Passes()
    asked: dict[str, Any] = {
        "name": name or "",
        "labels": sorted(rule.labels),
        "by_score": rule.at_least is not None,
        "at_least": rule.at_least or 0.0,
        "largest": LARGEST_SCORE,
        **between(since, until),
        **slots("dim", by, MOST_DIMENSIONS),
    }
    rows = store.query("scores_by_dimensions", asked)
    return sorted((_quality(row, len(by)) for row in rows), key=by_values)


def evaluation_spend(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> EvaluationSpend:
    """Return what evaluating cost, apart from what was evaluated."""
    (row,) = store.query("evaluation_spend", between(since, until))
    return EvaluationSpend(**row)


def unlinked_evaluations(
    store: Store,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    name: str | None = None,
) -> int:
    """Return how many evaluations are of no call that is known; the instants are theirs."""
    asked = {"name": name or "", **between(since, until)}
    (row,) = store.query("unlinked_evaluations", asked)
    return int(row["evaluations"])


def _refuse(by: Sequence[str]) -> None:
    unknown = [name for name in by if name not in DIMENSIONS]
    if unknown:
        raise ValueError(
            f"scores cannot be broken down by {unknown[0]!r}; choose from {', '.join(DIMENSIONS)}"
        )
    if len(by) > MOST_DIMENSIONS:
        raise ValueError(f"scores have at most {MOST_DIMENSIONS} dimensions")
    if len(set(by)) < len(by):
        raise ValueError("a dimension is named twice")


def _quality(row: Mapping[str, Any], dimensions: int) -> Quality:
    values = tuple(value or None for value in row["named"][:dimensions])
    return Quality(values, row["metric"] or None, *(row[name] for name in Quality._fields[2:]))
