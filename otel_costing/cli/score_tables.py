"""Scores for people: 80 columns, money whole, what is unknown said as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from otel_costing.cli.output import money_column, named_cell, table
from otel_costing.cli.shares import percent, ratio

if TYPE_CHECKING:
    from otel_costing.evaluated_cases import Quality

_NUMBERS = ("cases", "passed", "mean", "USD", "USD/pass", "USD/pt")
_HUNDREDTH = 2


def show_scores(
    out: Console, dimensions: Sequence[str], found: Sequence[Quality], beside: Mapping[str, Any]
) -> None:
    """Show the cases of each metric, and beneath what is left out of them and what evaluating cost."""
    if found:
        _show_cases(out, dimensions, found)
    else:
        out.print("No call of this time was evaluated.")
    for said in _said(found, beside):
        out.print(said, markup=False)


def _show_cases(out: Console, dimensions: Sequence[str], found: Sequence[Quality]) -> None:
    shown = table(title="[bold]evaluated calls[/]")
    for name in (*dimensions, "metric"):
        shown.add_column(name.replace("_", " "), overflow="fold")
    for name in _NUMBERS:
        shown.add_column(name, justify="right", no_wrap=True)
    amounts = money_column([one.usd for one in found])
    for one, usd in zip(found, amounts, strict=True):
        shown.add_row(*map(named_cell, one.values), *_cells(one, usd))
    out.print(shown)


def _cells(one: Quality, usd: str) -> list[str]:
    mean = one.mean_score
    return [
        "(unnamed)" if one.name is None else named_cell(one.name),
        f"{one.cases:,}",
        percent(one.pass_share),
        "-" if mean is None else f"{round(mean, _HUNDREDTH):f}",
        usd,
        ratio(one.usd_per_passed_case),
        ratio(one.usd_per_point),
    ]


def _said(found: Sequence[Quality], beside: Mapping[str, Any]) -> list[str]:
    unpriced = sum(one.unpriced_cases for one in found)
    failed = sum(one.failed_cases for one in found)
    unlinked = beside["unlinked_evaluations"]
    said = [
        (unpriced, f"cases without a price, in no USD/pass and no USD/pt: {unpriced:,}"),
        (failed, f"cases of which every evaluation failed: {failed:,}"),
        (unlinked, f"evaluations of no call that is known: {unlinked:,}"),
    ]
    return [*(text for count, text in said if count), *_spend(beside["evaluation"])]


def _spend(spend: Mapping[str, Any]) -> list[str]:
    if not spend["calls"]:
        return ["evaluating itself: no calls with purpose=evaluation"]
    whole, judging, judged = money_column([spend["usd"], spend["judging_usd"], spend["judged_usd"]])
    without = spend["unpriced_calls"]
    parts = f"  of that judging {judging}, and answers that were judged {judged}"
    return [
        f"evaluating itself (purpose=evaluation): {whole} USD in {spend['calls']:,} calls",
        *([parts] if spend["judged_calls"] else []),
        *([f"  without a price: {without:,} calls"] if without else []),
    ]
