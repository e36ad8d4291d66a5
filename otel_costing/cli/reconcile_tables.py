"""A reconciliation for people and for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from otel_costing.cli.output import console, money_column, table
from otel_costing.finops.reconciliation.explaining import Cause

_SUMS = ("billed_usd", "booked_usd", "difference_usd", "posted_usd", "drift_usd")
COLUMNS = (
    "provider",
    "since",
    "until",
    "model",
    "meter",
    "kind",
    "lines",
    "billed_quantity",
    "booked_quantity",
    "unpriced_quantity",
    *_SUMS,
    "drift_percent",
    *(f"{cause.value}_usd" for cause in Cause),
)
_SHOWN = ("billed_usd", "booked_usd", "difference_usd", "posted_usd")
_DECIMALS = Decimal("1e-6")
_RESTS_ON = {
    Cause.UNPRICED: "quantity booked without a price, at the billed price",
    Cause.MISSING: "quantity billed beyond what spans told of, at the billed price",
    Cause.NOT_BILLED: "booked for days that are billed, and not billed",
    Cause.NOT_BILLED_YET: "booked later than anything that is billed",
    Cause.RATE: "the same quantity at another price",
    Cause.EDGE: "missing on one day, too much on the day beside it",
    Cause.FEE: "lines for no call",
    Cause.CREDIT: "lines for no call",
    Cause.TAX: "lines for no call",
    Cause.ADJUSTED: "the provider's own corrections",
    Cause.OTHER: "lines for no call",
    Cause.UNRECOGNISED: "items that name no model and no meter known here",
    Cause.ROUNDING: "no more than the billed digits round off",
    Cause.UNEXPLAINED: "the export gives no quantity to tell by",
}


def csv_rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each group, with a column for each cause."""
    for row in document["rows"]:
        causes = {f"{cause}_usd": usd for cause, usd in row["causes"].items()}
        yield {**row, **causes}


def show_reconciliation(document: Mapping[str, Any]) -> None:
    """Show both sides by day and by model, why they differ, and what was posted."""
    out = console()
    _show_days(out, document["by_day"], document["total"])
    out.print()
    _show_models(out, document["by_model"], document["total"])
    if document["total"]["causes"]:
        out.print()
        _show_causes(out, document["total"]["causes"])
    out.print()
    for note in document["notes"]:
        out.print(note, markup=False)
    _show_verdict(out, document)


def show_undone(came: Mapping[str, Any]) -> None:
    """Say what was taken back."""
    out = console()
    if not came["entries"]:
        out.print("Nothing to do: nothing of it stands.")
        return
    out.print(
        f"[bold]{came['lines']:,} lines taken back[/] by {came['entries']:,} entries of {_exact(came['usd'])} USD."
    )


def _show_days(out: Console, rows: Sequence[Mapping[str, Any]], whole: Mapping[str, Any]) -> None:
    providers = {row["provider"] for row in rows}
    names = ("provider", "day") if len(providers) > 1 else ("day",)
    title = ", ".join(sorted(providers))
    shown = _table(f"[bold]{escape(title)} by day[/], USD", names, whole)
    for row in rows:
        shown.add_row(*[escape(row["provider"]), _days(row)][-len(names) :], *_sums(row, whole))
    shown.add_section()
    shown.add_row(*["[bold]total[/]", ""][: len(names)], *_sums(whole, whole))
    out.print(shown)


def _show_models(out: Console, rows: Sequence[Mapping[str, Any]], whole: Mapping[str, Any]) -> None:
    shown = _table("[bold]by model[/], USD", ("model",), whole)
    for row in rows:
        shown.add_row(escape(row["model"] or f"(no model, {row['provider']})"), *_sums(row, whole))
    out.print(shown)


def _table(title: str, names: Sequence[str], whole: Mapping[str, Any]) -> Table:
    shown = table(title=title)
    for name in names:
        shown.add_column(name, overflow="fold")
    for name in (*_shown(whole), "drift %"):
        shown.add_column(name.removesuffix("_usd"), justify="right", no_wrap=True)
    return shown


def _shown(whole: Mapping[str, Any]) -> Sequence[str]:
    """Return the amounts to show; what was posted only where anything was."""
    return [name for name in _SHOWN if name != "posted_usd" or Decimal(whole[name])]


def _show_causes(out: Console, causes: Mapping[str, str]) -> None:
    shown = table(title="[bold]why they differ[/], USD")
    shown.add_column("cause", no_wrap=True)
    shown.add_column("USD", justify="right", no_wrap=True)
    shown.add_column("rests on", overflow="fold")
    for cause, usd in causes.items():
        shown.add_row(cause, _money(usd), _RESTS_ON[Cause(cause)])
    out.print(shown)


def _show_verdict(out: Console, document: Mapping[str, Any]) -> None:
    posted = document["posted"]
    if posted is not None:
        out.print(_posting(posted))
    whole = document["total"]
    percent = "" if whole["drift_percent"] is None else f" ({whole['drift_percent']} %)"
    word = "within" if document["is_within"] else "beyond"
    out.print(
        f"Drift {_exact(whole['drift_usd'])} USD{percent}: [bold]{word}[/] the tolerance of {document['tolerance']}."
    )


def _posting(posted: Mapping[str, Any]) -> str:
    if not posted["lines"] and not posted["completed_lines"]:
        return "Nothing to post: every line is settled."
    completed = posted["completed_lines"]
    also = f", and {completed:,} whose posting was cut short" if completed else ""
    return (
        f"[bold]{posted['lines']:,} lines settled[/] by {posted['entries']:,} entries of "
        f"{_exact(posted['usd'])} USD{also}."
    )


def _days(row: Mapping[str, Any]) -> str:
    """Name a day, or from when to when."""
    since, until = (datetime.fromisoformat(row[name]) for name in ("since", "until"))
    last = until - timedelta(days=1)
    return f"{since:%Y-%m-%d}" if last <= since else f"{since:%Y-%m-%d} to {last:%Y-%m-%d}"


def _sums(row: Mapping[str, Any], whole: Mapping[str, Any]) -> list[str]:
    return [*(_money(row[name]) for name in _shown(whole)), row["drift_percent"] or "."]


def _money(usd: str) -> str:
    """Return an amount to the millionth of a dollar, for people; a dot for nothing."""
    amount = Decimal(usd).quantize(_DECIMALS)
    return f"{amount:,f}" if amount else "."


def _exact(usd: str) -> str:
    (text,) = money_column([Decimal(usd)])
    return text
