"""`otel-costing settle`: what came in different batches, and tells of one call, is charged once."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import BadInput, dsn_option, format_option, instant
from otel_costing.cli.output import console, write_csv, write_json

if TYPE_CHECKING:
    from otel_costing.clickhouse.settling import SettleReport

_CAUSES = ("duplicate", "wrapper", "attribution")
_COUNTS = ("traces", "corrections", *_CAUSES, "entries")


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
    with open_ledger(dsn, create=False) as store:
        from otel_costing.clickhouse.settling import EVERYTHING

        report = store.settle(
            now_ns=time.time_ns(),
            since=EVERYTHING if everything else since,
            authorities=authorities if authorities or no_authority else None,
        )
        store.rebuild_rollups()
    document = settle_document(report)
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COUNTS, [{**document, **document["by_cause"]}])
    else:
        show_settlement(console(), report)


def settle_document(report: SettleReport) -> dict[str, Any]:
    """Return what came of settling as JSON has it: every cause is counted, also those that were none."""
    return {
        "traces": report.traces,
        "corrections": report.corrections,
        "by_cause": {**dict.fromkeys(_CAUSES, 0), **dict(report.by_cause)},
        "entries": report.entries,
        "refused": list(report.refused),
    }


def show_settlement(out: Console, report: SettleReport) -> None:
    """Say what was looked at, what was corrected and why, and what was left as it is."""
    out.print(f"{report.traces:,} traces looked at.")
    if report.entries:
        causes = ", ".join(f"{calls:,} {cause}" for cause, calls in report.by_cause)
        out.print(
            f"[bold]{report.corrections:,} calls corrected[/] ({causes}) by {report.entries:,} entries."
        )
    elif not report.refused:
        out.print("Nothing to do: every call is counted once.")
    for reason in report.refused:
        console(stderr=True).print(f"left as it is: {reason}", markup=False, soft_wrap=True)
