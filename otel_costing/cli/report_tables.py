"""Reports for people: 80 columns, amounts whole, who nobody named said as such."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from otel_costing.cli.output import money_column, named_cell, table
from otel_costing.documents.report import CLAIMS, Row, shows_claims, total_usd

_UNVERIFIED = "unverified: part of USD, a mere claim"


def show_report(out: Console, dimensions: Sequence[str], rows: Sequence[Row], title: str) -> None:
    """Show rows as a table with their total, and say what could not be priced."""
    shown = table(title=f"[bold]{escape(title)}[/]")
    for name in dimensions:
        shown.add_column(name.replace("_", " "), overflow="fold")
    by_meter = "meter" in dimensions
    for name in (["quantity"] if by_meter else []) + ["calls", "unpriced", "USD"]:
        shown.add_column(name, justify="right", no_wrap=True)
    amounts = [_amounts(rows, "usd")]
    if shows_claims(rows) and any(row["unverified_calls"] for row in rows):
        shown.add_column("unverified", justify="right", no_wrap=True)
        shown.caption = _UNVERIFIED
        amounts.append(_amounts(rows, CLAIMS[0]))
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
    named = [named_cell(row[name]) for name in dimensions]
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
    label = ["[bold]total[/]", *[""] * (len(dimensions) - 1)] if dimensions else []
    if by_meter:  # a call has several meters: its rows do not add up to calls
        return [*label, "", "", ""]
    return [
        *label,
        f"{sum(row['calls'] for row in rows):,}",
        _or_dot(sum(row["unpriced_calls"] for row in rows)),
    ]
