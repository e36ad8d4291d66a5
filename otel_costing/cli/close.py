"""`otel-costing close`, `reopen` and `periods`: billing months that do not change any more."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from otel_costing.cli.job import done
from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import dsn_option, format_option, month
from otel_costing.cli.output import console, money_column, table, verbatim, write_csv, write_json
from otel_costing.cli.unbooked import CANNOT_TELL, oldest_unbooked_s

Command = TypeVar("Command", bound=Callable[..., Any])
_COLUMNS = (
    "billing_period",
    "status",
    "entries",
    "calls",
    "total_usd",
    "changed_at",
    "changed_by",
    "reason",
    "entries_until",
    "entries_digest",
    "roots_digest",
)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return ""


def _by_option(command: Command) -> Command:
    return click.option(
        "--by",
        default=_who,
        show_default="your user name",
        help="Who does it; it is kept with the month.",
    )(command)


@click.command("close", short_help="Close a billing month: its report never changes again.")
@click.argument("period", metavar="MONTH", callback=month)
@click.option("--reason", default="", help="Why, if there is more to say than that it is over.")
@_by_option
@dsn_option
@format_option
def close_command(period: str, reason: str, by: str, dsn: str, style: str) -> None:
    """Close a billing month, such as 2026-10, once it is over and all months before it are closed.

    What comes later for it is booked in the next open month. `report --period` of a closed month never changes.
    """
    _warn_of_unbooked(dsn, period)
    document = done(dsn, "close", {"period": period, "by": by, "reason": reason}, style=style)
    _show(document, style)


@click.command("reopen", short_help="Open a closed billing month again, for a reason.")
@click.argument("period", metavar="MONTH", callback=month)
@click.option("--reason", required=True, help="Why; it is kept for ever.")
@_by_option
@dsn_option
@format_option
def reopen_command(period: str, reason: str, by: str, dsn: str, style: str) -> None:
    """Open a closed billing month again; the last closed one, as months are closed in their order.

    What is booked for it from now on counts in it; what was booked elsewhere meanwhile stays there.
    """
    document = done(dsn, "reopen", {"period": period, "by": by, "reason": reason}, style=style)
    _show(document, style)


@click.command("periods", short_help="List billing months: open or closed, and what they count.")
@dsn_option
@format_option
def periods_command(dsn: str, style: str) -> None:
    """List every billing month that has entries, or was ever closed."""
    from otel_costing.clickhouse.periods import listed
    from otel_costing.jobs.period_job import document_of

    with open_ledger(dsn) as store:
        found = listed(store)
    documents = [document_of(one) for one in found]
    if style == "json":
        write_json({"rows": documents})
    elif style == "csv":
        write_csv(_COLUMNS, documents)
    else:
        _show_table(documents, money_column([one.total_usd for one in found]))


def _show_table(rows: Sequence[Mapping[str, Any]], amounts: Sequence[str]) -> None:
    shown = table()
    shown.add_column("month", no_wrap=True)
    shown.add_column("status")
    for name in ("entries", "calls", "USD"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("since", no_wrap=True)
    shown.add_column("by", overflow="fold")
    shown.add_column("reason", overflow="fold")
    for row, usd in zip(rows, amounts, strict=True):
        shown.add_row(
            row["billing_period"],
            row["status"],
            f"{row['entries']:,}",
            f"{row['calls']:,}",
            usd,
            (row["changed_at"] or "")[:10],
            verbatim(row["changed_by"] or ""),
            verbatim(row["reason"] or ""),
        )
    console().print(shown)


def _show(document: Mapping[str, Any], style: str) -> None:
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COLUMNS, [document])
    else:
        total = document["total_usd"]
        usd = "none with a price" if total is None else f"USD {total}"
        console().print(
            f"{document['billing_period']} is {document['status']}: {document['entries']:,} entries, "
            f"{document['calls']:,} calls, {usd}.",
            soft_wrap=True,
        )
        if document["entries_until"] is not None:
            console().print(
                f"What is booked for it after {document['entries_until']} counts in the next open month."
            )


def _warn_of_unbooked(dsn: str, period: str) -> None:
    """Say that a collector holds what it has not booked: of `period` or not, it will come too late for it."""
    seconds = oldest_unbooked_s(dsn)
    if seconds is None:
        click.echo(CANNOT_TELL, err=True)
    elif seconds:
        since = datetime.now(UTC) - timedelta(seconds=seconds)
        click.echo(
            f"warning: the collector has requests since {since:%Y-%m-%dT%H:%M:%SZ} that are not booked yet; what they "
            f"hold of {period} will count in the next open month",
            err=True,
        )
