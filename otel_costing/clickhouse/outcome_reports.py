"""What outcomes cost and are worth, asked of the ledger; see `unit_economics`, which says the same of rows in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from otel_costing.clickhouse.dimension_slots import slots
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.dimensions import column_of
from otel_costing.unit_economics import (
    COHORTS,
    MOST_COHORTS,
    SEVERAL,
    Achieved,
    Margin,
    dearest_first,
)


def margins(
    store: Store,
    by: Sequence[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    name: str | None = None,
) -> list[Margin]:
    """Return what runs cost and what came of them, by up to six of `unit_economics.COHORTS`: the dearest first.

    Args:
        store: the ledger.
        by: dimensions.
        since: runs whose first call ended at or after this instant; aware.
        until: and before this one.
        name: only outcomes of this name.

    Raises:
        ValueError: an unknown dimension, a naive instant, too many of either, in one sentence.
    """
    _refuse(by)
    asked: dict[str, Any] = {
        "name": name or "",
        "several": SEVERAL,
        **between(since, until),
        **slots("dim", by, MOST_COHORTS),
        **slots("column", [column_of(one, "caller") for one in by], MOST_COHORTS),
    }
    # Without a beginning nearly every run is asked about, and the question of all of them takes half the memory.
    is_cut = since is not None
    rows = store.query("outcomes_begun_between" if is_cut else "outcomes_by_cohorts", asked)
    groups = groupby(rows, key=lambda row: row["cohort"])
    return sorted((_margin(list(some), len(by)) for _, some in groups), key=dearest_first)


def _refuse(by: Sequence[str]) -> None:
    unknown = [name for name in by if name not in COHORTS]
    if unknown:
        raise ValueError(
            f"outcomes cannot be broken down by {unknown[0]!r}; choose from {', '.join(COHORTS)}"
        )
    if len(by) > MOST_COHORTS:
        raise ValueError(f"outcomes have at most {MOST_COHORTS} dimensions")
    if len(set(by)) < len(by):
        raise ValueError("a dimension is named twice")


def _margin(rows: Sequence[Mapping[str, Any]], dimensions: int) -> Margin:
    whole, *named = rows
    return Margin(
        values=tuple(value or None for value in whole["cohort"][:dimensions]),
        outcomes=tuple(_achieved(row) for row in named),
        **{name: whole[name] for name in Margin._fields[1:-1]},
    )


def _achieved(row: Mapping[str, Any]) -> Achieved:
    return Achieved(row["name"] or None, *(row[name] for name in Achieved._fields[1:]))
