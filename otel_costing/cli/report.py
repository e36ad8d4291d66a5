"""`otel-costing report`: totals by any dimension, the same from every side, now or as they were known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape

from otel_costing.cli.history import (
    period_status,
    refuse_beside_between,
    report_between,
    said_of_change,
    warn_where_it_may_change,
)
from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import (
    BadInput,
    between_options,
    dsn_option,
    format_option,
    instant,
    instants,
    month,
)
from otel_costing.cli.output import console, money_column, table, write_csv, write_json

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store
    from otel_costing.rollup import Total

Row = dict[str, Any]
UNATTRIBUTED = "unattributed"
_UNVERIFIED = "unverified: part of USD, a mere claim"
_CLAIMS = ("unverified_usd", "unverified_calls")


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
@click.option(
    "--as-of",
    callback=instant,
    default=None,
    help="As the ledger was known at this instant (UTC), by when it was booked.",
)
@click.option(
    "--between",
    nargs=2,
    callback=instants,
    default=None,
    metavar="FIRST SECOND",
    help="What was booked between two instants, by cause, model and team.",
)
@dsn_option
@format_option
@click.pass_context
def report_command(
    ctx: click.Context,
    *,
    by: str,
    pays: str,
    since: datetime | None,
    until: datetime | None,
    period: str | None,
    where: tuple[str, ...],
    as_of: datetime | None,
    between: tuple[datetime, datetime] | None,
    dsn: str,
    style: str,
) -> None:
    """Sum what calls cost, by any dimensions.

    `--period` of a closed month never changes; by when calls ended, late calls and corrections change what was.

    Example: otel-costing report --by team,model --since 2026-10-01
    """
    if between is not None:
        refuse_beside_between(ctx)
        report_between(between, since, until, dsn, style)
        return
    dimensions = tuple(each.strip() for each in by.split(",") if each.strip())
    conditions = [_condition(each) for each in where]
    with open_ledger(dsn, create=False) as store:
        if as_of is not None:
            warn_where_it_may_change(store, as_of, dsn)
        rows = report_rows(
            store,
            dimensions,
            pays=pays,
            since=since,
            until=until,
            period=period,
            where=conditions,
            known_until=as_of,
        )
        status = period_status(store, period, as_of)
    if style == "json":
        write_json(
            report_document(
                rows, status, pays=pays, since=since, until=until, period=period, as_of=as_of
            )
        )
    elif style == "csv":
        write_csv(_columns(dimensions, rows), rows)
    else:
        show_report(console(), dimensions, rows, f"{pays} pays")
        by_time = since is not None or until is not None
        for said in said_of_change(status, period, as_of, by_time=by_time):
            console().print(said, markup=False)


def report_rows(
    store: Store,
    by: Sequence[str],
    *,
    pays: str = "owner",
    since: datetime | None = None,
    until: datetime | None = None,
    period: str | None = None,
    where: Sequence[tuple[str, str]] = (),
    known_until: datetime | None = None,
) -> list[Row]:
    """Return a report's rows as JSON has them; absent is None.

    `quantity` only with the meter. `unverified_usd` and `unverified_calls`, of callers that are claimed alone, only
    where the caller pays and some token binds a team: else no claim can be more than that.
    """
    from otel_costing.clickhouse.reports import binds_teams, report

    try:
        totals = report(
            store,
            by,
            pays=pays,
            since=since,
            until=until,
            period=period,
            where=where,
            known_until=known_until,
        )
    except ValueError as refused:
        raise BadInput(f"{refused}.") from None
    claims = pays == "caller" and binds_teams(store)
    return [_row(by, total, claims=claims) for total in totals]


def _row(by: Sequence[str], total: Total, *, claims: bool) -> Row:
    row: Row = dict(zip(by, total.values, strict=True))
    row.update(usd=total.usd, calls=total.calls, unpriced_calls=total.unpriced_calls)
    if "meter" in by:
        row["quantity"] = total.quantity
    if claims:
        row.update(unverified_usd=total.unverified_usd, unverified_calls=total.unverified_calls)
    return row


def _condition(text: str) -> tuple[str, str]:
    dimension, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"--where: {text!r} is no DIM=VALUE; write for example team=search.")
    return dimension.strip(), value


def _columns(dimensions: Sequence[str], rows: Sequence[Row]) -> tuple[str, ...]:
    quantity = ("quantity",) if "meter" in dimensions else ()
    claims = _CLAIMS if _shows_claims(rows) else ()
    return (*dimensions, "usd", "calls", "unpriced_calls", *quantity, *claims)


def _shows_claims(rows: Sequence[Row]) -> bool:
    return bool(rows) and _CLAIMS[0] in rows[0]


def report_document(
    rows: Sequence[Row],
    status: Mapping[str, Any],
    *,
    pays: str,
    since: datetime | None,
    until: datetime | None,
    period: str | None,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """Return the JSON document of DESIGN: rows, total, what was asked, and how its period stands (`period_status`)."""
    return {
        "rows": rows,
        "total_usd": total_usd(rows),
        **({_CLAIMS[0]: total_usd(rows, _CLAIMS[0])} if _shows_claims(rows) else {}),
        "pays": pays,
        "since": None if since is None else since.isoformat(),
        "until": None if until is None else until.isoformat(),
        "period": period,
        **status,
        "as_of": None if as_of is None else as_of.isoformat(),
    }


def total_usd(rows: Sequence[Row], column: str = "usd") -> Decimal | None:
    """Return the exact sum of the rows; None where nothing at all is priced."""
    from otel_costing.rollup import sum_of

    return sum_of(row[column] for row in rows)


def show_report(out: Console, dimensions: Sequence[str], rows: Sequence[Row], title: str) -> None:
    """Show rows as a table with their total, and say what could not be priced."""
    shown = table(title=f"[bold]{escape(title)}[/]")
    for name in dimensions:
        shown.add_column(name.replace("_", " "), overflow="fold")
    by_meter = "meter" in dimensions
    for name in (["quantity"] if by_meter else []) + ["calls", "unpriced", "USD"]:
        shown.add_column(name, justify="right", no_wrap=True)
    amounts = [_amounts(rows, "usd")]
    if _shows_claims(rows) and any(row["unverified_calls"] for row in rows):
        shown.add_column("unverified", justify="right", no_wrap=True)
        shown.caption = _UNVERIFIED
        amounts.append(_amounts(rows, _CLAIMS[0]))
    for row, *money in zip(rows, *amounts, strict=False):
        shown.add_row(*_cells(row, dimensions, by_meter=by_meter), *money)
    shown.add_section()
    totals = [f"[bold]{column[-1]}[/]" for column in amounts]
    shown.add_row(*_total_cells(rows, dimensions, by_meter=by_meter), *totals)
    out.print(shown)


def _amounts(rows: Sequence[Row], column: str) -> list[str]:
    """Return a column of amounts, its sum last."""
    return money_column([*(row[column] for row in rows), total_usd(rows, column)])


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
