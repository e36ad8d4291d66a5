"""Outcomes for people: 80 columns, money whole, what is unknown said as such."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console

from otel_costing.cli.output import money_column, named_cell, table
from otel_costing.cli.shares import percent, ratio

if TYPE_CHECKING:
    from otel_costing.unit_economics import Achieved, Margin

_NOTHING = "No run of this time is known, and no outcome."
_UNPRICED = (
    "n runs have a call without a price, or none that is known: in no margin and no USD each"
)
_UNREAD = (
    "a quantity or a success that cannot be read, and counts nothing:\n"
    "SELECT outcome_id, name, service FROM outcomes WHERE quantity IS NULL OR success IS NULL"
)


def show_margins(out: Console, dimensions: Sequence[str], found: Sequence[Margin]) -> None:
    """Show what groups of runs cost and are worth, and beneath it what each outcome cost."""
    if not found:
        out.print(_NOTHING)
        return
    _show_groups(out, dimensions, found)
    out.print()
    _show_outcomes(out, dimensions, found)
    unpriced = sum(one.runs - one.priced_runs for one in found)
    if unpriced:
        out.print()
        out.print(_UNPRICED.replace("n runs have", _counted(unpriced)), markup=False)
    unread = sum(of.unread for one in found for of in one.outcomes)
    if unread:
        out.print()
        out.print(f"{_outcomes(unread)} {_UNREAD}", markup=False)


def _outcomes(number: int) -> str:
    return "1 outcome has" if number == 1 else f"{number:,} outcomes have"


def _counted(runs: int) -> str:
    return "1 run has" if runs == 1 else f"{runs:,} runs have"


def _show_groups(out: Console, dimensions: Sequence[str], found: Sequence[Margin]) -> None:
    shown = table(title="[bold]runs, caller pays[/]")
    for name in dimensions:
        shown.add_column(name.replace("_", " "), overflow="fold")
    for name in ("runs", "USD", "value", "margin"):
        shown.add_column(name, justify="right", no_wrap=True)
    columns = zip(
        money_column([one.usd for one in found]),
        money_column([one.value_usd for one in found]),
        money_column([one.margin_usd for one in found]),
        strict=True,
    )
    for margin, amounts in zip(found, columns, strict=True):
        shown.add_row(*map(named_cell, margin.values), f"{margin.runs:,}", *amounts)
    out.print(shown)


def _show_outcomes(out: Console, dimensions: Sequence[str], found: Sequence[Margin]) -> None:
    shown = table(title="[bold]outcomes[/]")
    for name in (*dimensions, "outcome"):
        shown.add_column(name.replace("_", " "), overflow="fold")
    for name in ("runs", "quantity", "success", "USD", "USD each"):
        shown.add_column(name, justify="right", no_wrap=True)
    amounts = iter(money_column([usd for one in found for usd in _amounts(one)]))
    for margin in found:
        named = [named_cell(value) for value in margin.values]
        for one in margin.outcomes:
            shown.add_row(*named, *_cells(one, next(amounts)))
        if margin.runs_without_outcome:
            runs = f"{margin.runs_without_outcome:,}"
            shown.add_row(*named, "(none)", runs, "-", "-", next(amounts), "-")
    out.print(shown)


def _amounts(margin: Margin) -> list[Decimal | None]:
    of_outcomes = [one.usd for one in margin.outcomes]
    return [*of_outcomes, *([margin.usd_without_outcome] if margin.runs_without_outcome else [])]


def _cells(one: Achieved, usd: str) -> list[str]:
    return [
        "(unnamed)" if one.name is None else named_cell(one.name),
        f"{one.runs:,}",
        f"{one.quantity:,}",
        percent(one.success_rate),
        usd,
        ratio(one.usd_per_outcome),
    ]
