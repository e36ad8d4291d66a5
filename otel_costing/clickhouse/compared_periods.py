"""What was bought in two periods, as `comparison` takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from otel_costing.clickhouse.dimension_slots import Conditions, parameters_of
from otel_costing.clickhouse.reports import named
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.comparison import Bought, Measured, Product
from otel_costing.dimensions import TIMES


class Period(NamedTuple):
    """An interval of instants, half open; aware."""

    since: datetime
    until: datetime


def bought(
    store: Store,
    before: Period,
    after: Period,
    by: Sequence[str],
    *,
    pays: str = "caller",
    where: Conditions = (),
) -> list[Bought]:
    """Return what was bought of each product in two periods, by when the calls ended.

    Args:
        store: the ledger.
        before: the one that is compared with.
        after: the one that is compared.
        by: out of `DIMENSIONS` without those of time and `billing_period`, or names of promoted attributes.
        pays: `caller` or `owner`.
        where: dimensions and the value each must have; the empty value asks for what nobody said.

    Raises:
        ValueError: an unknown dimension, or one of time, or too many, in one sentence.
    """
    times = (*TIMES, "billing_period")
    timed = [name for name in (*by, *(name for name, _ in where)) if name in times]
    if timed:
        raise ValueError(f"periods are not compared by {timed[0]}: each of them is one")
    asked = {
        **parameters_of(store, by, where, pays),
        **_bounds("before", before),
        **_bounds("after", after),
    }
    return [_bought(row, len(by)) for row in store.query("compared_periods", asked)]


def _bounds(name: str, period: Period) -> Mapping[str, int]:
    return {f"{name}_{bound}": at for bound, at in between(*period).items()}


def _bought(row: Mapping[str, Any], dimensions: int) -> Bought:
    return Bought(
        tuple(named(row[f"dim_{number}"]) for number in range(1, dimensions + 1)),
        Product(row["of_provider"], row["of_model"], row["of_meter"], row["of_unit"]),
        _measured(row, "before"),
        _measured(row, "after"),
    )


def _measured(row: Mapping[str, Any], name: str) -> Measured:
    return Measured(row[f"{name}_quantity"], row[f"{name}_usd"], row[f"{name}_unpriced_quantity"])
