"""`otel-costing erase`: personal identifiers leave the ledger, what they cost stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console

from otel_costing.cli.job import done
from otel_costing.cli.options import BadInput, dsn_option, format_option
from otel_costing.cli.output import console, table, write_csv, write_json

_COLUMNS = ("table", "identifier", "rows", "left_rows")


@click.command("erase", short_help="Take a person's identifiers out of the ledger.")
@click.option("--user-id", "user_ids", multiple=True, help="Whom to erase; may be repeated.")
@click.option("--customer-id", "customer_ids", multiple=True, help="As --user-id.")
@click.option("--session-id", "session_ids", multiple=True, help="As --user-id.")
@click.option(
    "--reason", default="", help="Kept with the record, such as the number of the request."
)
@click.option("--dry-run", is_flag=True, help="Count the rows, change none.")
@dsn_option
@format_option
def erase_command(
    user_ids: tuple[str, ...],
    customer_ids: tuple[str, ...],
    session_ids: tuple[str, ...],
    reason: str,
    dry_run: bool,  # noqa: FBT001 - click passes flags by name
    dsn: str,
    style: str,
) -> None:
    """Empty identifiers in every row that holds them: what those calls cost stays, unattributed in that dimension.

    What is still on its way to the ledger is booked with them: erase again once it is in. Leaves with status 1
    where rows that came meanwhile hold them still.
    """
    said = {"customer_id": customer_ids, "user_id": user_ids, "session_id": session_ids}
    document = done(dsn, "erase", _arguments(said, reason, dry_run=dry_run), style=style)
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COLUMNS, document["rows"])
    else:
        show_erasure(console(), document)
    if not dry_run and any(row["left_rows"] for row in document["rows"]):
        raise SystemExit(1)


def _arguments(
    said: Mapping[str, tuple[str, ...]], reason: str, *, dry_run: bool
) -> dict[str, Any]:
    """Return what the job is told: digests, as its arguments may be kept."""
    from otel_costing.clickhouse.erasure import act_of, identifiers_of, problems_of
    from otel_costing.jobs.erase_job import arguments_of

    identifiers = identifiers_of(said)
    problems = problems_of(identifiers, reason)
    if problems:
        raise BadInput("\n".join(map(str, problems)))
    return arguments_of(act_of(identifiers, reason), dry_run=dry_run)


def show_erasure(out: Console, document: Mapping[str, Any]) -> None:
    """Say which rows held them, whether any still do, and where it is recorded."""
    rows = document["rows"]
    if not rows:
        out.print("Nothing to do: no row holds them.")
        return
    shown = table()
    for heading in ("table", "identifier"):
        shown.add_column(heading)
    shown.add_column("rows", justify="right")
    for row in rows:
        shown.add_row(row["table"], row["identifier"], f"{row['rows']:,}")
    out.print(shown)
    if document["dry_run"]:
        out.print("Nothing was changed.")
    elif left := sum(row["left_rows"] for row in rows):
        out.print(f"{left:,} rows that came meanwhile hold them still: erase again.")
    else:
        out.print(f"[bold]Erased[/], on record as {document['erasure_id']}.")
