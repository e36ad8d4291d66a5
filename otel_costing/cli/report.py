"""`otel-costing report`: totals by any dimension, the same from every side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape

from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import (
    BadInput,
    between_options,
    dsn_option,
    format_option,
    month,
)
from otel_costing.cli.output import console, money_column, table, write_csv, write_json

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store
    from otel_costing.rollup import Total

Row = dict[str, Any]
UNATTRIBUTED = "unattributed"


@click.command("report")
@click.option(
    "--by",
    default="team",
    show_default=True,
    metavar="DIM[,DIM...]",
    help="Dimensions: team, workflow, feature, model, provider, day, meter, ...",
)
@click.option(
    "--pays",
    type=click.Choice(["caller", "owner"]),
    default="owner",
    show_default=True,
    help="caller: who stands at the root of the work. owner: whose code ran the call.",
)
@between_options
@click.option(
    "--period",
    callback=month,
    default=None,
    help="Entries booked into this billing month: 2026-10.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="DIM=VALUE",
    help="Only these; may be repeated. An empty value means unattributed.",
)
@dsn_option
@format_option
def report_command(
    by: str,
    pays: str,
    since: datetime | None,
    until: datetime | None,
    period: str | None,
    where: tuple[str, ...],
    dsn: str,
    style: str,
) -> None:
    """Sum what calls cost, by any dimensions.

    Example: otel-costing report --by team,model --since 2026-10-01
    """
    dimensions = tuple(each.strip() for each in by.split(",") if each.strip())
    conditions = [_condition(each) for each in where]
    with open_ledger(dsn, create=False) as store:
        rows = report_rows(
            store,
            dimensions,
            pays=pays,
            since=since,
            until=until,
            period=period,
            where=conditions,
        )
    if style == "json":
        write_json(report_document(rows, pays=pays, since=since, until=until, period=period))
    elif style == "csv":
        write_csv(_columns(dimensions), rows)
    else:
        show_report(console(), dimensions, rows, f"{pays} pays")


def report_rows(
    store: Store,
    by: Sequence[str],
    *,
    pays: str = "owner",
    since: datetime | None = None,
    until: datetime | None = None,
    period: str | None = None,
    where: Sequence[tuple[str, str]] = (),
) -> list[Row]:
    """Return a report's rows as JSON has them: `quantity` only with the meter; absent is None."""
    from otel_costing.clickhouse.reports import report

    try:
        totals = report(store, by, pays=pays, since=since, until=until, period=period, where=where)
    except ValueError as refused:
        raise BadInput(f"{refused}.") from None
    return [_row(by, total) for total in totals]


def _row(by: Sequence[str], total: Total) -> Row:
    row: Row = dict(zip(by, total.values, strict=True))
    row.update(usd=total.usd, calls=total.calls, unpriced_calls=total.unpriced_calls)
    if "meter" in by:
        row["quantity"] = total.quantity
    return row


def _condition(text: str) -> tuple[str, str]:
    dimension, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"--where: {text!r} is no DIM=VALUE; write for example team=search.")
    return dimension.strip(), value


def _columns(dimensions: Sequence[str]) -> tuple[str, ...]:
    quantity = ("quantity",) if "meter" in dimensions else ()
    return (*dimensions, "usd", "calls", "unpriced_calls", *quantity)


def report_document(
    rows: Sequence[Row],
    *,
    pays: str,
    since: datetime | None,
    until: datetime | None,
    period: str | None,
) -> dict[str, Any]:
    """Return the JSON document of DESIGN: rows, total and what was asked."""
    return {
        "rows": rows,
        "total_usd": total_usd(rows),
        "pays": pays,
        "since": None if since is None else since.isoformat(),
        "until": None if until is None else until.isoformat(),
        "period": period,
    }


def total_usd(rows: Sequence[Row]) -> Decimal | None:
    """Return the exact sum of the rows; None where nothing at all is priced."""
    amounts = [row["usd"] for row in rows if row["usd"] is not None]
    return sum(amounts, Decimal()) if amounts else None


def show_report(out: Console, dimensions: Sequence[str], rows: Sequence[Row], title: str) -> None:
    """Show rows as a table with their total, and say what could not be priced."""
    shown = table(title=f"[bold]{escape(title)}[/]")
    for name in dimensions:
        shown.add_column(name.replace("_", " "), overflow="fold")
    by_meter = "meter" in dimensions
    for name in (["quantity"] if by_meter else []) + ["calls", "unpriced", "USD"]:
        shown.add_column(name, justify="right", no_wrap=True)
    total = total_usd(rows)
    amounts = money_column([*(row["usd"] for row in rows), total])
    for row, amount in zip(rows, amounts, strict=False):
        shown.add_row(*_cells(row, dimensions, by_meter=by_meter), amount)
    shown.add_section()
    shown.add_row(*_total_cells(rows, dimensions, by_meter=by_meter), f"[bold]{amounts[-1]}[/]")
    out.print(shown)


def _cells(row: Row, dimensions: Sequence[str], *, by_meter: bool) -> list[str]:
    named = [UNATTRIBUTED if row[name] is None else escape(str(row[name])) for name in dimensions]
    if by_meter:
        named = [
            "(no usage)" if name == "meter" and row[name] is None else cell
            for name, cell in zip(dimensions, named, strict=True)
        ]
    quantity = ["-" if row["quantity"] is None else f"{row['quantity']:,}"] if by_meter else []
    return [*named, *quantity, f"{row['calls']:,}", _or_dot(row["unpriced_calls"])]


def _or_dot(count: int) -> str:
    return f"{count:,}" if count else "."


def _total_cells(rows: Sequence[Row], dimensions: Sequence[str], *, by_meter: bool) -> list[str]:
    label = ["[bold]total[/]", *[""] * (len(dimensions) - 1)]
    if by_meter:  # a call has several meters: its rows do not add up to calls
        return [*label, "", "", ""]
    return [
        *label,
        f"{sum(row['calls'] for row in rows):,}",
        _or_dot(sum(row["unpriced_calls"] for row in rows)),
    ]
