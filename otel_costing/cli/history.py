"""What the ledger was known to hold at an instant, and what has come since: the parts of `report` that speak of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import BadInput
from otel_costing.cli.output import console, money_column, table, verbatim, write_csv, write_json
from otel_costing.cli.unbooked import CANNOT_TELL, oldest_unbooked_s
from otel_costing.documents.report import period_status
from otel_costing.documents.values import bounds_text

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store

Row = dict[str, Any]
DIFFERENCE_COLUMNS = ("cause", "model", "team", "usd", "calls", "unpriced_calls")


def report_between(
    between: tuple[datetime, datetime],
    since: datetime | None,
    until: datetime | None,
    dsn: str,
    style: str,
) -> None:
    """Print by what the ledger as known at one instant differs from what it was known to hold before.

    Args:
        between: the two instants.
        since: of calls at or after this instant.
        until: of calls before it.
        dsn: the ledger.
        style: the `--format`.
    """
    first, second = between
    if second < first:
        raise BadInput(
            "--between: the second instant is before the first; write the earlier one first."
        )
    with open_ledger(dsn) as store:
        warn_where_it_may_change(store, second, dsn)
        document = difference_document(store, first, second, since=since, until=until)
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(DIFFERENCE_COLUMNS, document["rows"])
    else:
        show_difference(console(), document)


def difference_document(
    store: Store,
    first: datetime,
    second: datetime,
    *,
    since: datetime | None,
    until: datetime | None,
) -> dict[str, Any]:
    """Return by what the ledger as known at `second` differs from the one known at `first`, as JSON has it.

    The total then and all rows together are the total later, exactly; None where nothing has a price.
    """
    from otel_costing.clickhouse.reports import differences, report
    from otel_costing.rollup import sum_of

    found = differences(store, first, second, since=since, before=until)
    then, later = (
        report(store, [], pays="owner", since=since, until=until, known_until=instant)
        for instant in (first, second)
    )
    return {
        "rows": [{name: getattr(one, name) for name in DIFFERENCE_COLUMNS} for one in found],
        "first": first.isoformat(),
        "second": second.isoformat(),
        "first_usd": then[0].usd if then else None,
        "second_usd": later[0].usd if later else None,
        "difference_usd": sum_of(one.usd for one in found),
        **bounds_text(since, until),
    }


def show_difference(out: Console, document: dict[str, Any]) -> None:
    """Show what came between, with the totals before and after."""
    rows: Sequence[Row] = document["rows"]
    shown = table()
    for name in ("cause", "model", "team"):
        shown.add_column(name, overflow="fold")
    for name in ("calls", "unpriced", "USD"):
        shown.add_column(name, justify="right", no_wrap=True)
    totals = [document[name] for name in ("first_usd", "difference_usd", "second_usd")]
    amounts = money_column([*(row["usd"] for row in rows), *totals])
    shown.add_row("before", "", "", "", "", amounts[-3])
    for row, usd in zip(rows, amounts, strict=False):
        names = [
            verbatim(row["cause"]),
            *(verbatim(row[name] or "-") for name in ("model", "team")),
        ]
        shown.add_row(*names, f"{row['calls']:+,}", f"{row['unpriced_calls']:+,}", usd)
    shown.add_section()
    shown.add_row("[bold]after[/]", "", "", "", "", f"[bold]{amounts[-1]}[/]")
    out.print(f"Booked after {document['first']} and until {document['second']}:", soft_wrap=True)
    out.print(shown)


def warn_where_it_may_change(store: Store, known_until: datetime, dsn: str) -> None:
    """Say on standard error where the same question may be answered otherwise later."""
    from otel_costing.clickhouse.periods import settled_until_us
    from otel_costing.clickhouse.time_bounds import instant_of

    settled = instant_of(settled_until_us(store))
    if known_until > settled:
        click.echo(
            f"warning: {known_until.isoformat()} is too late to be final: bookings may still bear instants after "
            f"{settled.isoformat()}",
            err=True,
        )
    seconds = oldest_unbooked_s(dsn)
    if seconds is None:
        click.echo(CANNOT_TELL, err=True)
        return
    received = datetime.fromtimestamp(datetime.now(UTC).timestamp() - seconds, UTC)
    if seconds and known_until > received:
        click.echo(
            f"warning: the collector has requests since {received:%Y-%m-%dT%H:%M:%SZ} that it has not booked yet",
            err=True,
        )


def status_of(store: Store, period: str | None, known_until: datetime | None) -> dict[str, Any]:
    """Return what a report's document says of its billing month, as known at an instant."""
    from otel_costing.clickhouse.periods import closing_of

    closing = None if period is None else closing_of(store, period, known_until)
    return period_status(period, closing)


def said_of_change(
    status: dict[str, Any], period: str | None, known_until: datetime | None, *, by_time: bool
) -> Iterator[str]:
    """Yield sentences on what a report holds for, and whether it will be another one later."""
    if known_until is not None:
        yield f"As known at {known_until.isoformat()}."
    if status["period_status"] == "closed":
        by = f" by {status['closed_by']}" if status["closed_by"] else ""
        yield f"{period} was closed on {status['closed_at'][:10]}{by}: this does not change any more."
    elif known_until is not None:
        return
    elif period is not None:
        yield f"{period} is open: this may still change."
    elif by_time:
        yield "By when calls ended: late calls and corrections may still change this."
