"""How much of calls and money carries each attribution, as people see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from otel_costing.cli.output import money_column, table

if TYPE_CHECKING:
    from otel_costing.clickhouse.reports import Coverage


def show_coverage(out: Console, rows: Sequence[Coverage]) -> None:
    """Show one line per attribution: the calls and the USD that carry it, of all."""
    shown = table()
    shown.add_column("attribution")
    for name in ("calls", "of", "share", "USD", "of USD"):
        shown.add_column(name, justify="right", no_wrap=True)
    carried = money_column([row.attributed_usd for row in rows])
    of_all = money_column([row.usd for row in rows])
    for row, usd, all_usd in zip(rows, carried, of_all, strict=True):
        share = f"{100 * row.attributed_calls // row.calls} %" if row.calls else "-"
        name = row.dimension.replace("_", " ")
        shown.add_row(name, f"{row.attributed_calls:,}", f"{row.calls:,}", share, usd, all_usd)
    out.print(shown)
