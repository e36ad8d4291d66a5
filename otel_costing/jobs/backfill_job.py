"""The table of the OpenTelemetry Collector's ClickHouse exporter into the ledger.

Run again after it was cut short it goes on where it stopped: its place is kept in the ledger. A source that is not
named is the ledger's own store; any other is opened by whoever does the work, with the password in its DSN.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.backfill import (
    EARLIEST_NS,
    LATEST_NS,
    Asked,
    BackfillReport,
    Nowhere,
    backfilling,
)
from otel_costing.clickhouse.backfills import BackfillsOf
from otel_costing.clickhouse.connection import dsn_shown
from otel_costing.clickhouse.otel_traces_table import OtelTracesTable
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import (
    Embedded,
    Server,
    StoreMissing,
    StoreUnusable,
    target_of,
)
from otel_costing.instants import ns_of
from otel_costing.jobs.arguments import flag, instant, one_of, only
from otel_costing.jobs.ingest_job import OVERRIDES, book_under
from otel_costing.jobs.work import Content, JobRefused, Result, Steps
from otel_costing.kept_spans import KeptSpans
from otel_costing.money import SCALE
from otel_costing.promoted import Promoted
from otel_costing.rehearsal import Rehearsal
from otel_costing.rollup import sum_of

COUNTS = ("spans", "billable_calls", "priced", "partial", "unpriced", "duplicates")


class Arguments(NamedTuple):
    """What to read, and how."""

    table: str
    """With its database before a dot, or in that of the source."""
    source: Embedded | Server | None
    """None: where the ledger is."""
    asked: Asked


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"table": "default.otel_traces", "source": "clickhouse://...", "since", "until", "spans", "from_start"}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, ("table", "source", "since", "until", "spans", "from_start"))
    table, source = arguments.get("table"), arguments.get("source")
    if not isinstance(table, str) or not table:
        raise JobRefused("table is the name of a table, such as default.otel_traces")
    if not isinstance(source, str | None):
        raise JobRefused("source is the DSN of the store that has the table")
    since, until = instant(arguments, "since"), instant(arguments, "until")
    return Arguments(
        table,
        _target(source),
        Asked(
            EARLIEST_NS if since is None else _in_64_bits(since),
            LATEST_NS if until is None else _in_64_bits(until),
            KeptSpans(one_of({"spans": "all", **arguments}, "spans", tuple(KeptSpans))),
            flag(arguments, "from_start"),
        ),
    )


def _in_64_bits(instant: datetime) -> int:
    """Return an instant in nanoseconds; ClickHouse would take one beyond the first or the last for another."""
    return max(EARLIEST_NS, min(ns_of(instant), LATEST_NS))


def secrets_of(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Return `source` where it is a server, whose DSN may hold a password."""
    return ("source",) if isinstance(read(arguments).source, Server) else ()


def _target(source: str | None) -> Embedded | Server | None:
    try:
        return None if source is None else target_of(source)
    except StoreUnusable as unusable:
        raise JobRefused(f"the source cannot be used: {unusable}") from None


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Book what the table holds; yields after each block that was read."""
    rates = book_under(content.get(OVERRIDES, ()))
    with closing(_opened(arguments, store.connection.target, store.promotions())) as source:
        report = yield from backfilling(
            source, store, BackfillsOf(store), arguments.asked, now_ns=began_ns, rates=rates
        )
    yield Result(document_of(report))


def preview(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Price what the table holds and book nothing."""
    return previewing(store.connection.target, arguments, content, began_ns)


def previewing(
    ledger: Embedded | Server, arguments: Arguments, content: Content, began_ns: int
) -> Steps:
    """Price what the table holds, for a ledger that need not be there yet."""
    rehearsal = Rehearsal()
    rates = book_under(content.get(OVERRIDES, ()))
    with closing(_opened(arguments, ledger)) as source:
        report = yield from backfilling(
            source, rehearsal, Nowhere(), arguments.asked, now_ns=began_ns, rates=rates
        )
    yield Result({**document_of(report), **_charges(rehearsal)})


def _opened(
    arguments: Arguments, ledger: Embedded | Server, promoted: Promoted = ()
) -> OtelTracesTable:
    target = arguments.source or ledger
    directories = {one.directory for one in (target, ledger) if isinstance(one, Embedded)}
    if len(directories) > 1:
        raise JobRefused(
            f"a process opens one embedded directory, and {' and '.join(sorted(map(str, directories)))} are two: "
            "have the table and the ledger in one, or one of them on a ClickHouse server"
        )
    try:
        return OtelTracesTable.open(target, arguments.table, promoted)
    except StoreMissing:
        raise JobRefused(f"there is no store of spans at {dsn_shown(target)}") from None
    except StoreUnusable as unusable:
        raise JobRefused(str(unusable)) from None


def document_of(report: BackfillReport) -> dict[str, Any]:
    """Return the counts as JSON has them, with what was refused and why."""
    return {
        "source": report.source,
        "since": _instant(report.since_ns),
        "until": _instant(report.until_ns),
        "goes_on": report.goes_on,
        **{name: getattr(report, name) for name in COUNTS},
        "refused": [{"reason": reason, "spans": spans} for reason, spans in report.refused],
    }


def _instant(nanoseconds: int | None) -> str | None:
    if nanoseconds is None:
        return None
    seconds, fraction = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def _charges(rehearsal: Rehearsal) -> dict[str, Any]:
    sums = sorted(rehearsal.by_model.items())
    total = sum_of(model.usd for _, model in sums)
    return {
        "rows": [
            {
                "provider": provider or None,
                "model": name or None,
                "calls": model.calls,
                "unpriced_calls": model.unpriced_calls,
                "usd": None if model.usd is None else _usd(model.usd),
            }
            for (provider, name), model in sums
        ],
        "total_usd": None if total is None else _usd(total),
    }


def _usd(amount: Decimal) -> str:
    return f"{amount:.{SCALE}f}"
