"""`otel-costing audit`: whether the ledger is what it was when it was written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from rich.console import Console

from otel_costing.cli.job import done
from otel_costing.cli.options import dsn_option, format_option, instant
from otel_costing.cli.output import console, counted, money_column, write_csv, write_json
from otel_costing.documents.values import bounds_text

_COLUMNS = ("check", "subject", "day", "detail")
_WORTH_A_SPEED = 10_000
"""Entries; with fewer it is the time to open the ledger."""


@click.command("audit", short_help="Prove that the ledger is what was written.")
@click.option(
    "--since",
    callback=instant,
    default=None,
    help="Calls that ended on this day (UTC) or later, by their spans.",
)
@click.option(
    "--until",
    callback=instant,
    default=None,
    help="Calls that ended before this day (UTC), by their spans.",
)
@click.option(
    "--repair-rollups",
    is_flag=True,
    help="Build the days of rollup_daily anew that are off. Nothing else is ever changed.",
)
@dsn_option
@format_option
def audit_command(
    since: datetime | None,
    until: datetime | None,
    repair_rollups: bool,  # noqa: FBT001 - click passes flags by name
    dsn: str,
    style: str,
) -> None:
    """Compute ids, digests, amounts and sums anew, and compare everything in the ledger with everything else in it.

    Leaves with status 1 and a list where anything is off. With --since or --until, batches and closed months are left
    out, as they are of no one day.
    """
    document = done(
        dsn,
        "audit",
        {
            **bounds_text(since, until),
            "repair_rollups": repair_rollups,
        },
        style=style,
    )
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COLUMNS, document["listed"])
    else:
        show_audit(console(), document)
    if document["faults"]:
        raise SystemExit(1)


def show_audit(out: Console, document: Mapping[str, Any]) -> None:
    """Say what was looked at, and list what is off."""
    _say(out, _figures(document))
    if not document["faults"]:
        out.print("[bold]Nothing is off.[/]")
    else:
        _list(out, document)
    if document["rollup_days_behind"]:
        behind = counted(document["rollup_days_behind"], "day")
        _say(
            out,
            f"Not compared, as rollup_daily is behind the ledger: {behind}; `otel-costing settle` brings it up to it.",
        )
    if document["unproven_batches"]:
        _say(
            out,
            f"{document['unproven_batches']:,} batches are of an earlier version, which kept no proof of what they brought.",
        )
    if document["repaired_rollup_days"]:
        days = ", ".join(document["repaired_rollup_days"])
        _say(out, f"Built anew: rollup_daily of {days}. Audit again to see it right.")


def _figures(document: Mapping[str, Any]) -> str:
    (usd,) = money_column([Decimal(document["total_usd"])])
    of = f"{document['entries']:,} entries of {document['calls']:,} calls for {usd} USD"
    number = document["batches"]
    batches = "" if number is None else f" in {number:,} {'batch' if number == 1 else 'batches'}"
    is_long = document["entries"] >= _WORTH_A_SPEED
    speed = f", {document['entries_per_second']:,} entries/s" if is_long else ""
    return f"{of}{batches} looked at{speed}."


def _list(out: Console, document: Mapping[str, Any]) -> None:
    listed = document["listed"]
    for fault in listed:
        day = f" ({fault['day']})" if fault["day"] not in ("", fault["subject"]) else ""
        _say(out, f"{fault['check']}: {fault['subject']}{day}: {fault['detail']}")
    more = document["faults"] - len(listed)
    if more:
        out.print(f"... and {more:,} more.")
    found = [f"{count:,} {check}" for check, count in document["by_check"].items() if count]
    _say(out, f"{document['faults']:,} faults: {', '.join(found)}.")


def _say(out: Console, text: str) -> None:
    out.print(text, markup=False)
