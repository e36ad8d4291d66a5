"""`otel-costing rates refresh`: read a newer catalogue into the tables, and say what changed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from otel_costing.cli.options import BadInput
from otel_costing.rate_keeping.catalogue import Catalogue
from otel_costing.rates import tables_directory


@click.command("refresh", short_help="Read a catalogue of prices into the rate tables.")
@click.option(
    "--from",
    "source",
    type=click.Choice(["genai-prices"]),
    default="genai-prices",
    show_default=True,
    help="The catalogue, as installed; install otel-costing[refresh] for it.",
)
@click.option(
    "--tables",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=tables_directory,
    show_default="the tables of this checkout",
    help="The directory of rate tables.",
)
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    show_default="today, UTC",
    help="The day of the refresh; changed prices without a date of their own hold from it.",
)
@click.option(
    "--notes",
    "notes_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=None,
    help="Also write the release notes to this file.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing, only say what would change.")
def refresh_command(
    source: str,
    directory: Path,
    day: datetime | None,
    notes_file: Path | None,
    dry_run: bool,  # noqa: FBT001 - click passes flags by name
) -> None:
    """Read a catalogue of prices into the rate tables and print what changed, as release notes.

    A changed price is appended with its date; no past rate is edited, no model is removed.
    """
    catalogue = _catalogue(source)
    on = day.date() if day else datetime.now(UTC).date()
    notes = refresh_directory(directory, catalogue, on, dry_run=dry_run)
    click.echo(notes, nl=False)
    if notes_file is not None:
        notes_file.write_text(notes, encoding="utf-8")


def _catalogue(source: str) -> Catalogue:
    from otel_costing.rate_keeping.sources import installed_catalogue

    try:
        return installed_catalogue()
    except ImportError:
        raise BadInput(
            f"{source} is not installed; run pip install 'otel-costing[refresh]'."
        ) from None


def refresh_directory(
    directory: Path, catalogue: Catalogue, day: date, *, dry_run: bool = False
) -> str:
    """Refresh the tables of `directory`, compile its book, and return the release notes.

    Raises:
        BadInput: the tables have problems; nothing is written.
    """
    from otel_costing.rate_book.compile import read_sources, write_book
    from otel_costing.rate_keeping.directory import comments_in_tables, write_tables
    from otel_costing.rate_keeping.notes import release_notes
    from otel_costing.rate_keeping.refresh import refresh

    sources, problems = read_sources(directory)
    problems += comments_in_tables(directory)
    if problems:
        raise BadInput("; ".join(map(str, problems)))
    refreshed = refresh(sources.tables, sources.names, catalogue, day)
    if not dry_run:
        write_tables(directory, refreshed.tables, catalogue)
        problems = write_book(directory)
        if problems:
            raise BadInput("; ".join(map(str, problems)))
    return release_notes(refreshed.changes, catalogue.name, day.isoformat())
