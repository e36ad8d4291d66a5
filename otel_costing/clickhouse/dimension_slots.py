"""What a question is broken down by and what must hold of it, as the parameters of queries that have six places for either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from otel_costing.dimensions import DIMENSIONS, PAYS, column_of
from otel_costing.promoted import Promoted

MOST_DIMENSIONS = 6
"""Of one report, and as many conditions."""

Conditions = Sequence[tuple[str, str]]
"""Dimensions and the value each must have; the empty value asks for what nobody said."""


class Promoting(Protocol):
    """A ledger, as far as it says what attributes it has columns for."""

    def promotions(self) -> Promoted:
        """See `Store.promotions`."""


def parameters_of(
    store: Promoting, by: Sequence[str], where: Conditions, pays: str
) -> dict[str, str]:
    """Return the parameters `dim_1` to `dim_6`, `where_1` to `where_6` and `value_1` to `value_6`.

    Args:
        store: asked only where a name is none that every ledger knows.
        by: out of `DIMENSIONS`, or names of promoted attributes.
        where: likewise.
        pays: `caller` or `owner`.

    Raises:
        ValueError: an unknown dimension, or too many, in one sentence.
    """
    columns = _columns(store, [*by, *(name for name, _ in where)], pays)
    if len(by) > MOST_DIMENSIONS or len(where) > MOST_DIMENSIONS:
        raise ValueError(
            f"a report has at most {MOST_DIMENSIONS} dimensions and as many conditions"
        )
    if len(set(by)) < len(by):
        raise ValueError("a dimension is named twice")
    if pays not in PAYS:
        raise ValueError(f"pays is caller or owner, not {pays!r}")
    return {
        **slots("dim", [columns[name] for name in by]),
        **slots("where", [columns[name] for name, _ in where]),
        **slots("value", [value for _, value in where], unused=""),
    }


def conditions(store: Promoting, where: Conditions, pays: str) -> dict[str, str]:
    """Return the parameters of a query that has conditions alone; see `parameters_of`."""
    if len(where) > MOST_DIMENSIONS:
        raise ValueError(f"there are at most {MOST_DIMENSIONS} conditions")
    found = parameters_of(store, (), where, pays)
    return {name: value for name, value in found.items() if not name.startswith("dim_")}


def _columns(store: Promoting, names: Sequence[str], pays: str) -> Mapping[str, str]:
    columns = {name: column_of(name, pays) for name in DIMENSIONS}
    if not columns.keys() >= set(names):
        columns.update((one.name, one.column) for one in store.promotions())
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise ValueError(f"there is no dimension {unknown[0]!r}; choose from {', '.join(columns)}")
    return columns


def slots(
    prefix: str, filled: Sequence[str], most: int = MOST_DIMENSIONS, *, unused: str = "nothing"
) -> dict[str, str]:
    """Return the parameters `dim_1`, `dim_2`, ... of a prefix; a query calls the column `nothing` that nobody asked for."""
    padded = [*filled, *[unused] * (most - len(filled))]
    return {f"{prefix}_{number}": value for number, value in enumerate(padded, start=1)}
