"""What came in different batches, and tells of one call, is charged once.

Run again after it was cut short it looks at the same calls and finds most of them settled.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from otel_costing.clickhouse.settling import EVERYTHING, SettleReport
from otel_costing.clickhouse.store import Store
from otel_costing.jobs.arguments import flag, instant, only, texts
from otel_costing.jobs.work import Content, Result, Steps

CAUSES = ("duplicate", "wrapper", "attribution")


class Arguments(NamedTuple):
    """What to settle."""

    since: datetime | None
    authorities: tuple[str, ...] | None
    """None: those of the last settling."""


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"since": "2026-10-01T00:00:00+00:00", "everything": false, "authorities": ["gateway"]}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, ("since", "everything", "authorities"))
    since = EVERYTHING if flag(arguments, "everything") else instant(arguments, "since")
    return Arguments(since, texts(arguments, "authorities"))


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Settle, and bring the rollups up to it."""
    del content
    report = store.settle(now_ns=began_ns, since=arguments.since, authorities=arguments.authorities)
    store.rebuild_rollups()
    yield Result(document_of(report))


def document_of(report: SettleReport) -> dict[str, Any]:
    """Return what came of settling as JSON has it: every cause is counted, also those that were none."""
    return {
        "traces": report.traces,
        "corrections": report.corrections,
        "by_cause": {**dict.fromkeys(CAUSES, 0), **dict(report.by_cause)},
        "entries": report.entries,
        "refused": list(report.refused),
    }
