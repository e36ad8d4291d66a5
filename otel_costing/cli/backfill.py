"""`otel-costing backfill`: the table of the OpenTelemetry Collector's ClickHouse exporter into the ledger."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from otel_costing.cli.job import done
from otel_costing.cli.ledger import NoLedgerYet, said_in_a_sentence, sentence
from otel_costing.cli.options import (
    BadInput,
    book_under,
    dsn_option,
    format_option,
    instant,
    overrides_option,
)
from otel_costing.cli.output import console, money_column, table, verbatim, write_csv, write_json
from otel_costing.documents.values import bounds_text

if TYPE_CHECKING:
    from otel_costing.jobs.work import Content

_BY_MODEL = ("provider", "model", "calls", "unpriced_calls", "usd")


@click.command("backfill", short_help="Book what a Collector's ClickHouse exporter has kept.")
@click.option(
    "--from-otel-traces",
    "traces",
    required=True,
    metavar="TABLE",
    help="The exporter's table, Map or JSON, such as default.otel_traces.",
)
@click.option(
    "--source",
    envvar="OTEL_COSTING_SOURCE",
    default=None,
    help="The DSN of the store that has the table; that of the ledger if left out. Also OTEL_COSTING_SOURCE.",
)
@click.option(
    "--since",
    callback=instant,
    default=None,
    help="Spans that started at or after this instant (UTC).",
)
@click.option(
    "--until", callback=instant, default=None, help="Spans that started before this instant (UTC)."
)
@click.option(
    "--spans",
    type=click.Choice(("all", "genai", "none")),
    default="all",
    show_default=True,
    help="Which spans' skeletons to keep for trees: every one, those of AI work, or none.",
)
@click.option(
    "--dry-run", is_flag=True, help="Show what the calls would come to, and book nothing."
)
@click.option(
    "--from-start", is_flag=True, help="Read everything, also where an earlier run was cut short."
)
@overrides_option
@dsn_option
@format_option
def backfill_command(
    *,
    traces: str,
    source: str | None,
    since: datetime | None,
    until: datetime | None,
    spans: str,
    dry_run: bool,
    from_start: bool,
    overrides: tuple[Path, ...],
    dsn: str,
    style: str,
) -> None:
    """Book the model calls among spans that a stock OpenTelemetry Collector wrote to ClickHouse, each at its own time.

    A run that was cut short goes on where it stopped; doing it again changes nothing. Leaves with status 2 where spans
    were refused; the others are booked.
    """
    book_under(overrides)
    arguments = {
        "table": traces,
        "source": source,
        **bounds_text(since, until),
        "spans": spans,
        "from_start": from_start,
    }
    content = _content(overrides)
    if dry_run:
        document = _previewed(dsn, arguments, content, style)
    else:
        document = done(dsn, "backfill", arguments, content, style=style)
    _write(document, style)
    if document["refused"]:
        raise SystemExit(2)


def _content(overrides: tuple[Path, ...]) -> Content:
    from otel_costing.jobs.ingest_job import OVERRIDES
    from otel_costing.sources import source_of

    return {OVERRIDES: [source_of(path) for path in overrides]}


def _previewed(
    dsn: str, arguments: Mapping[str, Any], content: Content, style: str
) -> Mapping[str, Any]:
    try:
        return done(dsn, "backfill_preview", arguments, content, style=style)
    except NoLedgerYet:
        return _previewed_without_ledger(dsn, arguments, content)


def _previewed_without_ledger(
    dsn: str, arguments: Mapping[str, Any], content: Content
) -> Mapping[str, Any]:
    from otel_costing.clickhouse.target import target_of
    from otel_costing.jobs import backfill_job
    from otel_costing.jobs.work import JobRefused, finished

    try:
        with said_in_a_sentence():
            read = backfill_job.read(arguments)
            steps = backfill_job.previewing(target_of(dsn), read, content, time.time_ns())
            return finished(steps, lambda _: None)
    except JobRefused as refused:
        raise BadInput(sentence(str(refused))) from None


def _write(document: Mapping[str, Any], style: str) -> None:
    if style == "json":
        write_json(document)
    elif style == "csv":
        _write_csv(document)
    else:
        _show(document)


def _write_csv(document: Mapping[str, Any]) -> None:
    if "rows" in document:
        write_csv(_BY_MODEL, document["rows"])
    else:
        from otel_costing.jobs.backfill_job import COUNTS

        write_csv(COUNTS, [document])


def _show(document: Mapping[str, Any]) -> None:
    out, err = console(), console(stderr=True)
    if document["goes_on"]:
        out.print(f"Went on at {document['since']}, where an earlier run was cut short.")
    out.print(f"{document['spans']:,} spans of {document['source']}.", markup=False)
    out.print(
        f"{document['billable_calls']:,} model calls: [bold]{document['priced']:,} priced[/], "
        f"{document['partial']:,} partial, {document['unpriced']:,} unpriced; "
        f"{document['duplicates']:,} copies left out."
    )
    if "rows" in document:
        _show_charges(document)
    for refused in document["refused"]:
        err.print(
            f"refused {refused['spans']:,} spans: {refused['reason']}", markup=False, soft_wrap=True
        )


def _show_charges(document: Mapping[str, Any]) -> None:
    rows = document["rows"]
    shown = table(caption="Nothing was booked; what the ledger has already is not taken off.")
    for name in ("provider", "model"):
        shown.add_column(name)
    for name in ("calls", "unpriced", "USD"):
        shown.add_column(name, justify="right")
    amounts = [None if row["usd"] is None else Decimal(row["usd"]) for row in rows]
    total = document["total_usd"]
    *texts, total_text = money_column([*amounts, None if total is None else Decimal(total)])
    for row, text in zip(rows, texts, strict=True):
        who = (verbatim(row["provider"] or "-"), verbatim(row["model"] or "-"))
        shown.add_row(*who, f"{row['calls']:,}", f"{row['unpriced_calls']:,}", text)
    shown.add_row(
        "total", "", f"{document['billable_calls']:,}", f"{document['unpriced']:,}", total_text
    )
    console().print(shown)
