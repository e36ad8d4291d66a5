"""`otel-costing ingest`: OTLP files and journals into the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from otel_costing.cli.job import done
from otel_costing.cli.options import (
    BadInput,
    book_under,
    dsn_option,
    format_option,
    overrides_option,
)
from otel_costing.cli.output import console, counted, write_csv, write_json


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
    book_under(overrides)
    from otel_costing.jobs import ingest_job
    from otel_costing.sources import source_of, sources_of

    sources, missing = sources_of(files)
    document = done(
        dsn,
        "ingest",
        {
            "backfill": backfill,
            "spans": spans,
            "refused": [refused._asdict() for refused in missing],
        },
        {ingest_job.OVERRIDES: list(map(source_of, overrides)), ingest_job.FILES: sources},
        style=style,
    )
    _write(document, style)
    if document["refused"]:
        raise SystemExit(2)


def _check(files: tuple[Path, ...]) -> None:
    missing = [str(path) for path in files if str(path) != "-" and not path.exists()]
    if missing:
        raise BadInput(f"There is no file {', '.join(missing)}.")


def _write(document: Mapping[str, Any], style: str) -> None:
    if style == "json":
        write_json(document)
    elif style == "csv":
        from otel_costing.jobs.ingest_job import COUNTS

        write_csv(COUNTS, [document])
    else:
        _show(document)


def _show(said: Mapping[str, Any]) -> None:
    out = console()
    sums = (counted(said[f"{one}s"], one) for one in ("file", "request", "span"))
    out.print(f"{', '.join(sums)}.")
    out.print(
        f"{counted(said['billable_calls'], 'model call')}: [bold]{said['priced']:,} priced[/], {said['partial']:,} partial, "
        f"{said['unpriced']:,} unpriced; {said['duplicates']:,} copies left out."
    )
    for refused in said["refused"]:
        console(stderr=True).print(
            f"refused {refused['file']}: {refused['reason']}", markup=False, soft_wrap=True
        )
