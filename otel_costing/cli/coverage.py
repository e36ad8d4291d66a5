"""How much of calls and money carries each attribution, as people see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console

from otel_costing.cli.output import money_column, table


def show_coverage(out: Console, rows: Iterable[Mapping[str, Any]]) -> None:
    """Show one line per attribution: calls and USD that carry it, of all."""
    shown = table()
    shown.add_column("attribution")
    for name in ("calls", "of", "share", "USD", "of USD"):
        shown.add_column(name, justify="right", no_wrap=True)
    rows = list(rows)
    carried = money_column([row["usd"] for row in rows])
    of_all = money_column([row["all_usd"] for row in rows])
    for row, usd, all_usd in zip(rows, carried, of_all, strict=True):
        share = f"{100 * row['calls'] // row['all_calls']} %" if row["all_calls"] else "-"
        shown.add_row(
            row["attribution"], f"{row['calls']:,}", f"{row['all_calls']:,}", share, usd, all_usd
        )
    out.print(shown)
