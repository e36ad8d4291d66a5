"""`otel-costing reconcile`: what providers billed beside what was booked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from otel_costing.cli.job import done
from otel_costing.cli.options import (
    BadInput,
    book_under,
    dsn_option,
    format_option,
    instant,
    overrides_option,
)
from otel_costing.cli.output import write_csv, write_json
from otel_costing.cli.reconcile_tables import COLUMNS, csv_rows, show_reconciliation, show_undone
from otel_costing.documents.values import bounds_text


@click.command("reconcile", short_help="Compare invoices with the ledger, and post what differs.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--provider", default="", help="Only what this provider billed.")
@click.option("--account", default="", help="Only lines of this account, project or subscription.")
@click.option(
    "--since",
    callback=instant,
    default=None,
    help="Lines and calls of this instant or later (UTC).",
)
@click.option(
    "--until", callback=instant, default=None, help="Lines and calls before this instant (UTC)."
)
@click.option(
    "--tolerance",
    default="0.5%",
    show_default=True,
    metavar="PERCENT|USD",
    help="How much drift is near enough: of what is billed for usage, or in US dollars.",
)
@click.option("--post", is_flag=True, help="Book what differs as adjustments, once per line.")
@click.option(
    "--undo",
    default=None,
    metavar="DOCUMENT",
    help="Take back what was posted from an export, by its file name or digest; needs no FILES.",
)
@click.option(
    "--also",
    is_flag=True,
    help="Post although another format of the same account and month was posted: it bills other charges.",
)
@click.option(
    "--dates",
    type=click.Choice(["day-first", "month-first"]),
    default=None,
    help="How 01/10/2026 is to be read; where omitted, one that may be two days is refused.",
)
@click.option("--note", default="", help="Kept with the postings, such as who signed it off.")
@overrides_option
@dsn_option
@format_option
def reconcile_command(
    *,
    files: tuple[Path, ...],
    provider: str,
    account: str,
    since: datetime | None,
    until: datetime | None,
    tolerance: str,
    post: bool,
    undo: str | None,
    also: bool,
    dates: str | None,
    note: str,
    overrides: tuple[Path, ...],
    dsn: str,
    style: str,
) -> None:
    """Compare providers' own exports, FILES, with what the ledger holds of the same days.

    Leaves with status 1 where the drift is beyond the tolerance. With --post every line's remainder is booked beside the
    calls, to those who caused them; the same line is never posted twice, in whatever file it comes.

    Example: otel-costing reconcile costs-2026-10.json --tolerance 1%
    """
    if undo is not None:
        _undo(files, undo, note, dsn, style, post=post)
        return
    _check(files, overrides)
    from otel_costing.jobs.ingest_job import OVERRIDES
    from otel_costing.jobs.reconcile_job import FILES
    from otel_costing.sources import source_of

    document = done(
        dsn,
        "reconcile",
        {
            "provider": provider,
            "account": account,
            **bounds_text(since, until),
            "tolerance": tolerance,
            "post": post,
            "note": note,
            "dates": dates,
            "also": also,
        },
        {
            OVERRIDES: list(map(source_of, overrides)),
            FILES: list(map(source_of, files)),
        },
        style=style,
    )
    _write(document, style)
    if not document["is_within"]:
        raise SystemExit(1)


def _check(files: tuple[Path, ...], overrides: tuple[Path, ...]) -> None:
    if not files:
        raise BadInput("Name the exports to compare, or --undo a document.")
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise BadInput(f"There is no file {', '.join(missing)}.")
    book_under(overrides)


def _undo(
    files: tuple[Path, ...], document: str, note: str, dsn: str, style: str, *, post: bool
) -> None:
    if files or post:
        raise BadInput("--undo takes back what was posted; give it no FILES and no --post.")
    came = done(dsn, "reconcile_undo", {"document": document, "note": note}, style=style)
    if style == "json":
        write_json(came)
    elif style == "csv":
        write_csv(tuple(came), [came])
    else:
        show_undone(came)


def _write(document: Mapping[str, Any], style: str) -> None:
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(COLUMNS, csv_rows(document))
    else:
        show_reconciliation(document)
