"""`otel-costing settle`: what came in different batches, and tells of one call, is charged once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click
from rich.console import Console

from otel_costing.cli.job import done
from otel_costing.cli.options import BadInput, dsn_option, format_option, instant
from otel_costing.cli.output import console, write_csv, write_json
from otel_costing.documents.values import instant_text


@click.command("settle", short_help="Correct what was booked before all was known.")
@click.option(
    "--since",
    callback=instant,
    default=None,
    help="Look at what was booked at or after this instant (UTC), settled or not.",
)
@click.option("--everything", is_flag=True, help="Look at the whole ledger.")
@click.option(
    "--authority",
    "authorities",
    multiple=True,
    metavar="SENDER",
    help="A sender, such as a gateway, whose record stands for those of other teams; may be repeated. Without it, those of the last settling hold.",
)
@click.option(
    "--no-authority", is_flag=True, help="No sender's record stands for those of other teams."
)
@dsn_option
@format_option
def settle_command(
    since: datetime | None,
    everything: bool,  # noqa: FBT001 - click passes flags by name
    authorities: tuple[str, ...],
    no_authority: bool,  # noqa: FBT001 - click passes flags by name
    dsn: str,
    style: str,
) -> None:
    """Settle what came since the last time together with what was known, and correct the charges it changes.

    Corrections are new entries that take back and charge anew; nothing is deleted. `ingest` settles by itself.
    """
    if everything and since is not None:
        raise BadInput("--since and --everything exclude each other; leave one out.")
    if no_authority and authorities:
        raise BadInput("--authority and --no-authority exclude each other; leave one out.")
    document = done(
        dsn,
        "settle",
        {
            "since": instant_text(since),
            "everything": everything,
            "authorities": list(authorities) if authorities or no_authority else None,
        },
        style=style,
    )
    if style == "json":
        write_json(document)
    elif style == "csv":
        from otel_costing.jobs.settle_job import CAUSES

        columns = ("traces", "corrections", *CAUSES, "entries")
        write_csv(columns, [{**document, **document["by_cause"]}])
    else:
        show_settlement(console(), document)


def show_settlement(out: Console, said: Mapping[str, Any]) -> None:
    """Say what was looked at, what was corrected and why, and what was left as it is."""
    out.print(f"{said['traces']:,} traces looked at.")
    if said["entries"]:
        causes = sorted(said["by_cause"].items())
        of_each = ", ".join(f"{calls:,} {cause}" for cause, calls in causes if calls)
        out.print(
            f"[bold]{said['corrections']:,} calls corrected[/] ({of_each}) by {said['entries']:,} entries."
        )
    elif not said["refused"]:
        out.print("Nothing to do: every call is counted once.")
    for reason in said["refused"]:
        console(stderr=True).print(f"left as it is: {reason}", markup=False, soft_wrap=True)
