"""What runs cost, as the ledger says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from otel_costing.clickhouse.dimension_slots import Conditions, parameters_of
from otel_costing.clickhouse.path_reports import refuse_conditions
from otel_costing.clickhouse.report_routes import days_of_ledger
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.dimensions import DIMENSIONS, STATED, zone_named
from otel_costing.runs import (
    MOST_TRACES,
    PERCENTILES,
    Run,
    RunGroup,
    RunReport,
    dearest,
    in_order,
)

FOLLOWED = timedelta(days=1)
"""So long before and after the time asked for, calls are looked for that belong to its runs."""
NOT_OF_RUNS = (*STATED, "billing_period", "meter", "origin_verified")
"""Dimensions of single calls, of postings and of lines: a run may have several, and what it cost is not all of the first."""
_OF_RUNS = tuple(name for name in DIMENSIONS if name not in NOT_OF_RUNS)


def run_report(
    store: Store,
    by: Sequence[str] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    where: Conditions = (),
    top: int = 10,
    time_zone: str = "UTC",
) -> RunReport:
    """Return what runs cost; see `runs.run_report`.

    Args:
        store: the ledger.
        by: dimensions of the caller's side, at most six.
        since: runs whose first call ended at or after this instant; aware.
        until: and before this one; aware.
        where: dimensions and the value that a call must have to be looked at.
        top: how many of the dearest runs.
        time_zone: whose hours, days, weeks and months are meant.

    Raises:
        ValueError: an unknown dimension or zone, or one that a run does not have, in one sentence.
    """
    refuse_conditions(where)
    _refuse(by)
    zone_named(time_zone)
    read = between(_shifted(since, -FOLLOWED), _shifted(until, FOLLOWED))
    asked = {
        **parameters_of(store, by, where, "caller"),
        **read,
        **days_of_ledger(store, **read),
        **{f"began_{bound}": at for bound, at in between(since, until).items()},
        "time_zone": time_zone,
        "percentiles": list(PERCENTILES),
        "most_traces": MOST_TRACES,
        "top": top,
    }
    rows = store.query("runs", asked)
    runs = [run for row in rows for run in _runs(row, len(by))]
    return RunReport(in_order(_group(row, len(by)) for row in rows), dearest(runs, top))


def _refuse(by: Sequence[str]) -> None:
    several = [name for name in by if name in NOT_OF_RUNS]
    if several:
        raise ValueError(
            f"runs cannot be broken down by {several[0]!r}; choose from {', '.join(_OF_RUNS)}"
        )


def _shifted(instant: datetime | None, by: timedelta) -> datetime | None:
    try:
        return None if instant is None else instant + by
    except OverflowError:
        return None


def _group(row: Mapping[str, Any], dimensions: int) -> RunGroup:
    return RunGroup(
        _values(row, dimensions),
        row["number"],
        row["incomplete_runs"],
        row["group_usd"],
        row["complete_usd"],
        tuple(row["percentiles_usd"]),
        row["dearest_usd"],
        row["group_calls"],
        row["group_unpriced_calls"],
        row["group_retry_calls"],
        row["group_retry_usd"],
        row["group_failed_calls"],
        row["group_failed_usd"],
        row["group_lost_calls"],
        row["group_lost_usd"],
        row["lost_runs"],
    )


def _values(row: Mapping[str, Any], dimensions: int) -> tuple[str | None, ...]:
    return tuple(value or None for value in row["dimensions"][:dimensions])


def _runs(row: Mapping[str, Any], dimensions: int) -> list[Run]:
    values = _values(row, dimensions)
    return [_run(fields, values) for fields in row["dearest"]]


def _run(fields: Sequence[Any], values: tuple[str | None, ...]) -> Run:
    run_id, began_ns, *counted, first_traces = fields
    names = Run._fields[3:-1]
    return Run(
        run_id=run_id,
        values=values,
        began_ns=began_ns,
        first_traces=tuple(first_traces),
        **dict(zip(names, counted, strict=True)),
    )
