"""On which paths calls were made, and what each path cost, as the ledger says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from otel_costing.call_paths import DEEPEST, MOST_ABOVE, Level, PathNode, in_order
from otel_costing.clickhouse.dimension_slots import Conditions, conditions
from otel_costing.clickhouse.report_routes import days_of_ledger
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.dimensions import TIMES
from otel_costing.trace_tree import Tokens

NOT_OF_CALLS = (*TIMES, "billing_period", "meter")
"""Dimensions that no condition on calls can be of: since and until say when, and a call has several meters."""


def path_report(
    store: Store,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    where: Conditions = (),
    depth: int = DEEPEST,
) -> list[PathNode]:
    """Return the call paths of a ledger; see `call_paths`.

    Args:
        store: the ledger.
        since: calls at or after this instant; aware.
        until: calls before it; aware.
        where: dimensions of the caller's side and the value that a call must have.
        depth: levels of a path at most.

    Raises:
        ValueError: a condition on no dimension, or on one that calls do not have, in one sentence.
    """
    refuse_conditions(where)
    bounds = between(since, until)
    asked = {
        **bounds,
        **days_of_ledger(store, **bounds),
        **conditions(store, where, "caller"),
        "depth": depth,
        "most_above": MOST_ABOVE,
    }
    return in_order(_node(row) for row in store.query("call_paths", asked))


def refuse_conditions(where: Conditions) -> None:
    """Refuse what no condition on whole calls can be of.

    Raises:
        ValueError: in one sentence.
    """
    for name, _ in where:
        if name in NOT_OF_CALLS:
            raise ValueError(f"calls cannot be chosen by {name} here")


def _node(row: Mapping[str, Any]) -> PathNode:
    tokens = {name: _tokens(row[name]) for name in ("tokens", "subtree_tokens")}
    path = tuple(Level(*_fields(one)) for one in row["path"])
    return PathNode(**{**row, **tokens, "path": path})


def _fields(named: Any) -> tuple[Any, ...]:
    """Return what a tuple of the engine holds, whether it comes with names or without."""
    return tuple(named.values() if isinstance(named, Mapping) else named)


def _tokens(sums: Any) -> Tokens:
    meters, quantities = _fields(sums)
    return dict(zip(meters, quantities, strict=True))
