"""How much of calls and money carries each attribution, as people see it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console

from otel_costing.cli.output import money_column, table

if TYPE_CHECKING:
    from otel_costing.clickhouse.reports import Coverage


def show_coverage(out: Console, rows: Sequence[Coverage]) -> None:
    """Show one line per attribution: how many calls, and how many USD, carry it."""
    shown = table(caption=_unsaid(rows))
    shown.add_column("attribution")
    for name in ("calls", "of calls", "USD", "of USD"):
        shown.add_column(name, justify="right", no_wrap=True)
    said = [row for row in rows if row.attributed_calls]
    for row, usd in zip(said, money_column([row.attributed_usd for row in said]), strict=True):
        shown.add_row(
            row.dimension.replace("_", " "),
            f"{row.attributed_calls:,}",
            _share(row.attributed_calls, row.calls),
            usd,
            _share(row.attributed_usd, row.usd),
        )
    out.print(shown)


def _unsaid(rows: Sequence[Coverage]) -> str | None:
    names = [row.dimension.replace("_", " ") for row in rows if not row.attributed_calls]
    return f"Nobody said: {', '.join(names)}." if names else None


def _share(part: Decimal | int | None, whole: Decimal | int | None) -> str:
    """Return a share in whole percent, rounded down: 100 % is all."""
    return f"{100 * part // whole:.0f} %" if part is not None and whole else "-"
