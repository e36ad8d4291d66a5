"""`otel-costing ingest`: OTLP files and journals into the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import (
    BadInput,
    book_under,
    dsn_option,
    format_option,
    overrides_option,
)
from otel_costing.cli.output import console, write_csv, write_json

if TYPE_CHECKING:
    from otel_costing.ingest import IngestReport

_COUNTS = (
    "files",
    "requests",
    "spans",
    "billable_calls",
    "priced",
    "partial",
    "unpriced",
    "duplicates",
)


@click.command("ingest", short_help="Book OTLP files and journals.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--backfill", is_flag=True, help="Price old spans at the time they say, however long ago."
)
@click.option(
    "--spans",
    "spans",
    type=click.Choice(("all", "genai", "none")),
    default="all",
    show_default=True,
    help="Which spans' skeletons to keep for trees: every one, those of AI work, or none.",
)
@overrides_option
@dsn_option
@format_option
def ingest_command(
    files: tuple[Path, ...],
    backfill: bool,  # noqa: FBT001 - click passes flags by name
    spans: str,
    overrides: tuple[Path, ...],
    dsn: str,
    style: str,
) -> None:
    """Book OTLP files: protobuf, JSON or JSON lines, gzipped or not, `-` for standard input, or a journal's directory.

    What is booked already is not booked again. Leaves with status 2 where a file was refused; the others are booked.
    """
    _check(files)
    rates = book_under(overrides)
    with open_ledger(dsn, create=True) as store, _bar(style) as progress:
        from otel_costing.ingest import ingest
        from otel_costing.kept_spans import KeptSpans

        report = ingest(
            files,
            store,
            received_ns=time.time_ns(),
            rates=rates,
            backfill=backfill,
            spans=KeptSpans(spans),
            progress=progress,
        )
    _write(report, style)
    if report.refused:
        raise SystemExit(2)


def _check(files: tuple[Path, ...]) -> None:
    missing = [str(path) for path in files if str(path) != "-" and not path.exists()]
    if missing:
        raise BadInput(f"There is no file {', '.join(missing)}.")


@contextmanager
def _bar(style: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a callback (done, of) that moves a progress bar on a terminal and does nothing elsewhere."""
    out = console(stderr=True)
    columns = (
        TextColumn("booking"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        TimeRemainingColumn(),
    )
    shown = style == "table" and out.is_terminal
    with Progress(*columns, console=out, transient=True, disable=not shown) as progress:
        task = progress.add_task("booking", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def ingest_document(report: IngestReport) -> dict[str, Any]:
    """Return the counts of DESIGN as JSON, with what was refused and why."""
    counts = {name: getattr(report, name) for name in _COUNTS}
    return {
        **counts,
        "refused": [{"file": each.file, "reason": each.reason} for each in report.refused],
    }


def _write(report: IngestReport, style: str) -> None:
    document = ingest_document(report)
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COUNTS, [document])
    else:
        _show(report)


def _show(report: IngestReport) -> None:
    out = console()
    out.print(f"{report.files:,} files, {report.requests:,} requests, {report.spans:,} spans.")
    out.print(
        f"{report.billable_calls:,} model calls: [bold]{report.priced:,} priced[/], {report.partial:,} partial, "
        f"{report.unpriced:,} unpriced; {report.duplicates:,} copies left out."
    )
    for refused in report.refused:
        console(stderr=True).print(
            f"refused {refused.file}: {refused.reason}", markup=False, soft_wrap=True
        )
