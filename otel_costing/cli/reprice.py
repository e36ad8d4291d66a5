"""`otel-costing reprice`: late prices and corrected rates, by offsetting entries, after their effect was shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from otel_costing.cli.job import done
from otel_costing.cli.options import (
    BadInput,
    between_options,
    dsn_option,
    format_option,
    overrides_option,
)
from otel_costing.cli.output import (
    console,
    money_column,
    named_cell,
    table,
    verbatim,
    write_csv,
    write_json,
)
from otel_costing.cli.unmatched import say_what_no_call_is_of
from otel_costing.documents.values import bounds_text

if TYPE_CHECKING:
    from otel_costing.jobs.work import Content

_COLUMNS = (
    "day",
    "provider",
    "model",
    "team",
    "calls",
    "unpriced_calls",
    "before_usd",
    "after_usd",
    "difference_usd",
)
_MOST_SHOWN = 40


@click.command("reprice", short_help="Charge what a book of rates prices otherwise anew.")
@between_options
@click.option("--provider", "providers", multiple=True, help="Only its calls; may be repeated.")
@click.option(
    "--model",
    "models",
    multiple=True,
    help="Only calls of this model, as it is priced, was asked for or answered; may be repeated.",
)
@click.option(
    "--unpriced-only", is_flag=True, help="Only calls without a price, or without that of a meter."
)
@click.option(
    "--rates",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="A directory of rate tables; the packaged ones where omitted.",
)
@overrides_option
@click.option(
    "--may-unprice",
    is_flag=True,
    help="Take a price away where the book has none; without it such calls stay as they are, and are listed.",
)
@click.option(
    "--without-overrides",
    is_flag=True,
    help="Post without a file of your own although calls were priced under one.",
)
@click.option("--dry-run", is_flag=True, help="Show the effect, post nothing.")
@click.option("--yes", is_flag=True, help="Post without asking; only a terminal is ever asked.")
@dsn_option
@format_option
def reprice_command(
    *,
    since: datetime | None,
    until: datetime | None,
    providers: tuple[str, ...],
    models: tuple[str, ...],
    unpriced_only: bool,
    directory: Path | None,
    overrides: tuple[Path, ...],
    may_unprice: bool,
    without_overrides: bool,
    dry_run: bool,
    yes: bool,
    dsn: str,
    style: str,
) -> None:
    """Show what a book of rates prices otherwise, then take it back and charge it anew.

    Every call is priced at the rate that was in force when it happened: a rate that came late, or was corrected, changes
    what it should have priced and nothing else. Calls whose rate is the same are left alone. Doing it again posts nothing.

    Example: otel-costing reprice --since 2026-11-01 --model gpt-5-mini --dry-run
    """
    arguments = {
        **bounds_text(since, until),
        "providers": list(providers),
        "models": list(models),
        "only_unpriced": unpriced_only,
        "may_unprice": may_unprice,
        "without_overrides": without_overrides,
    }
    content = _content(directory, overrides)
    asks = not (dry_run or yes) and style == "table" and sys.stdin.isatty() and sys.stdout.isatty()
    preview = {**arguments, "dry_run": dry_run or asks}
    document = done(dsn, "reprice", preview, content, style=style, to_write=not (dry_run or asks))
    _write(document, style)
    say_what_no_call_is_of(document["unmatched"])
    if asks and document["calls"] and click.confirm("Post these corrections?"):
        posted = done(dsn, "reprice", arguments, content, style=style)
        _show_totals(console(), posted)


def _content(directory: Path | None, overrides: tuple[Path, ...]) -> Content:
    from otel_costing.jobs.ingest_job import OVERRIDES
    from otel_costing.jobs.reprice_job import RATES
    from otel_costing.rates import RateBook, packaged_rates
    from otel_costing.sources import source_of

    book, problems = (packaged_rates(), []) if directory is None else RateBook.load(directory)
    if book is not None:
        book, problems = book.with_overrides(overrides)
    if book is None:
        raise BadInput("The rates cannot be used.\n" + "\n".join(map(str, problems)))
    tables = [] if directory is None else sorted(directory.glob("*.yaml"))
    return {
        RATES: [source_of(path) for path in tables],
        OVERRIDES: [source_of(path) for path in overrides],
    }


def _write(document: Mapping[str, Any], style: str) -> None:
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COLUMNS, document["rows"])
    else:
        show_effect(console(), document)


def show_effect(out: Console, document: Mapping[str, Any]) -> None:
    """Show what changes by day, model and team, largest difference first, then what is kept, then the totals."""
    rows = sorted(
        document["rows"], key=lambda row: (-abs(Decimal(row["difference_usd"])), row["day"])
    )
    if rows:
        out.print(_effect_table(rows[:_MOST_SHOWN]))
    if len(rows) > _MOST_SHOWN:
        out.print(f"... and {len(rows) - _MOST_SHOWN:,} more; --format csv lists all.")
    for kept in document["kept"]:
        out.print(
            f"{kept['calls']:,} calls of {kept['provider']}/{kept['model']} keep their price: the book has none "
            f"({kept['reason']}); --may-unprice takes it away.",
            markup=False,
        )
    _show_totals(out, document)


def _effect_table(rows: list[dict[str, Any]]) -> Any:
    shown = table()
    for heading in ("day", "model", "team"):
        shown.add_column(heading, overflow="fold")
    for heading in ("calls", "before", "after", "difference"):
        shown.add_column(heading, justify="right")
    money = [
        money_column([None if row[name] is None else Decimal(row[name]) for row in rows])
        for name in ("before_usd", "after_usd", "difference_usd")
    ]
    for row, *amounts in zip(rows, *money, strict=True):
        names = (verbatim(row["model"]), named_cell(row["team"]))
        shown.add_row(row["day"], *names, f"{row['calls']:,}", *amounts)
    return shown


def _show_totals(out: Console, document: Mapping[str, Any]) -> None:
    looked = f"{document['examined']:,} calls looked at"
    if not document["calls"]:
        out.print(f"{looked}: this book prices none otherwise.")
        return
    before, after, difference = money_column(
        [Decimal(document[name]) for name in ("before_usd", "after_usd", "difference_usd")]
    )
    would = "would change" if document["dry_run"] else f"changed by {document['entries']:,} entries"
    out.print(
        f"{looked}, [bold]{document['calls']:,} {would}[/]: {document['late_rate']:,} late_rate, "
        f"{document['rate_correction']:,} rate_correction; {before} before, {after} after, {difference} USD difference."
    )
