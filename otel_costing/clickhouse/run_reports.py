"""What runs cost, as the ledger says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from otel_costing.clickhouse.dimension_slots import Conditions, parameters_of
from otel_costing.clickhouse.path_reports import refuse_conditions
from otel_costing.clickhouse.report_routes import days_of_ledger
from otel_costing.clickhouse.reports import between
from otel_costing.clickhouse.store import Store
from otel_costing.dimensions import zone_named
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
NOT_OF_RUNS = ("billing_period", "meter", "origin_verified")
"""Dimensions of postings, of lines and of single calls: a run has none of them."""


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
    for name in NOT_OF_RUNS:
        if name in by:
            raise ValueError(f"a run has no {name} of its own: it may have several")
    zone_named(time_zone)
    followed = _followed(since, until)
    asked = {
        **parameters_of(store, by, where, "caller"),
        **between(since, until),
        **followed,
        **days_of_ledger(store, followed["from_ns"], followed["to_ns"]),
        "time_zone": time_zone,
        "percentiles": list(PERCENTILES),
        "most_traces": MOST_TRACES,
        "top": top,
    }
    rows = store.query("runs", asked)
    runs = [run for row in rows for run in _runs(row, len(by))]
    return RunReport(in_order(_group(row, len(by)) for row in rows), dearest(runs, top))


def _followed(since: datetime | None, until: datetime | None) -> dict[str, int]:
    """Return the parameters that say which calls are read: longer than runs are told of."""
    read = between(_shifted(since, -FOLLOWED), _shifted(until, FOLLOWED))
    return {"from_ns": read["since_ns"], "to_ns": read["until_ns"]}


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
