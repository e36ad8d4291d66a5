"""`otel-costing coverage`: how far the figures carry. Who is named, what has no price, what others say, what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Console

from otel_costing.cli.coverage_rows import (
    FINDINGS,
    SECTIONS,
    Row,
    attribution_by,
    by_reporter,
    rows_of,
)
from otel_costing.cli.coverage_tables import TABLES
from otel_costing.cli.emitted import EMITTED, emitted_at, emitted_rows
from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import (
    BadInput,
    between_options,
    dsn_option,
    format_option,
    zone_of_dates_option,
)
from otel_costing.cli.output import console, write_csv, write_json
from otel_costing.documents.values import bounds_text


@click.command("coverage", short_help="Show how far the figures carry.")
@between_options
@click.option(
    "--section",
    "names",
    multiple=True,
    type=click.Choice(list(SECTIONS)),
    help="Only this; may be repeated. csv has one: attribution, where none is named.",
)
@click.option(
    "--by",
    default=None,
    metavar="DIM",
    help="Who caused it, for each team, environment, service, ... by itself.",
)
@click.option(
    "--emitted",
    "places",
    multiple=True,
    metavar="FILE|URL",
    help="Metrics of Prometheus with the processor's counters, to be compared with what is booked; - for standard "
    "input; may be repeated.",
)
@zone_of_dates_option
@dsn_option
@format_option
def coverage_command(
    since: datetime | None,
    until: datetime | None,
    names: tuple[str, ...],
    by: str | None,
    places: tuple[str, ...],
    dsn: str,
    style: str,
) -> None:
    """Show how far the figures carry: who is named, what has no price, what others say, what was found.

    What others report stands beside the ledger's figures and enters no total.
    """
    counted = emitted_at(places) if places else None
    chosen = _chosen(names, style, by, is_counted=counted is not None)
    with open_ledger(dsn) as store:
        rows = {name: rows_of(name, store, since, until) for name in chosen}
        if by is not None and "attribution" in rows:
            rows["attribution"] = attribution_by(by, store, since, until)
        if counted is not None:
            rows["emitted"] = emitted_rows(counted, store, since, until)
    if style == "json":
        write_json(coverage_document(rows, since=since, until=until))
    elif style == "csv":
        name = next(reversed(rows))
        columns = EMITTED if name == "emitted" else SECTIONS[name].columns
        write_csv((by, *columns) if by and name == "attribution" else columns, rows[name])
    else:
        show_sections(console(), rows)


def _chosen(names: Sequence[str], style: str, by: str | None, *, is_counted: bool) -> list[str]:
    """Return the sections to be asked for: those named, else what a further option is about, else all."""
    if len(set(names)) + is_counted > 1 and style == "csv":
        raise BadInput("--format csv is one table: name one --section.")
    if names:
        return [name for name in SECTIONS if name in names]
    if is_counted or by is not None or style == "csv":
        return [] if is_counted else ["attribution"]
    return list(SECTIONS)


def coverage_document(
    rows: Mapping[str, Sequence[Row]], *, since: datetime | None, until: datetime | None
) -> dict[str, Any]:
    """Return the sections as JSON has them: what was found together, what others report by who reports it."""
    found = {name: rows[name] for name in FINDINGS if name in rows}
    others = {name: some for name, some in rows.items() if name not in FINDINGS}
    if "reported" in others:
        others["reported"] = by_reporter(others["reported"])
    return {**bounds_text(since, until), **others, **({"findings": found} if found else {})}


def show_sections(out: Console, rows: Mapping[str, Sequence[Row]]) -> None:
    """Show each section under its title; one that is empty says so in a sentence."""
    for name, some in rows.items():
        title, nothing, show = TABLES[name]
        out.rule(f"[bold]{title}[/]", align="left", style="dim")
        if some:
            show(out, some)
        else:
            out.print(nothing)
        out.print()
