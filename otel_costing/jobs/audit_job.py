"""Everything in the ledger is computed anew and compared; only rollups are ever changed, and only on request."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from otel_costing.audit import CHECKS
from otel_costing.clickhouse.auditing import Audited, Window, audit, window_of
from otel_costing.clickhouse.store import Store
from otel_costing.jobs.arguments import flag, instant, only
from otel_costing.jobs.work import Content, JobRefused, Result, Steps
from otel_costing.money import SCALE

_NS = 10**9


class Arguments(NamedTuple):
    """What to look at."""

    window: Window
    repair_rollups: bool


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"since", "until", "repair_rollups": false}`, instants at the beginning of a day (UTC).

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, ("since", "until", "repair_rollups"))
    since, until = (_day(arguments, name) for name in ("since", "until"))
    try:
        window = window_of(since, until)
    except ValueError as refused:
        raise JobRefused(str(refused)) from None
    return Arguments(window, flag(arguments, "repair_rollups"))


def _day(arguments: Mapping[str, Any], name: str) -> date | None:
    at = instant(arguments, name)
    if at is None:
        return None
    if at.utcoffset() or at.time() != at.time().min:
        raise JobRefused(
            f"{name} is a day (UTC), such as 2026-10-01, as the ledger is sorted by days"
        )
    return at.date()


def writes(arguments: Arguments) -> bool:
    """Tell whether it repairs what it finds."""
    return arguments.repair_rollups


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Audit, and say what is off."""
    del content, began_ns
    began_ns = time.monotonic_ns()
    found = yield from audit(store, arguments.window, repair_rollups=arguments.repair_rollups)
    yield Result(document_of(arguments.window, found, time.monotonic_ns() - began_ns))


def document_of(window: Window, found: Audited, took_ns: int) -> dict[str, Any]:
    """Return what was found as JSON has it: every check is counted, also those that found nothing."""
    is_cut = not window.is_everything
    return {
        "first_day": str(window.first_day) if is_cut else None,
        "last_day": str(window.last_day) if is_cut else None,
        "entries": found.entries,
        "calls": found.calls,
        "total_usd": f"{found.total_usd:.{SCALE}f}",
        "batches": None if is_cut else found.batches,
        "unproven_batches": None if is_cut else found.unproven_batches,
        "rollup_days_behind": found.days_behind,
        "repaired_rollup_days": [str(day) for day in found.repaired_days],
        "entries_per_second": found.entries * _NS // max(took_ns, 1),
        "faults": found.faults.by_check.total(),
        "by_check": {check: found.faults.by_check[check] for check in CHECKS},
        "listed": [one._asdict() for one in found.faults.listed],
    }
