"""What trees for people have in common: guides that draw them, and a first column that takes what room the figures leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

BRANCH, LAST = "├ ", "└ "
_BELOW = {"": "", BRANCH: "│ ", LAST: "  "}
_BETWEEN_COLUMNS = 2
_NARROWEST = 20


def lead_below(lead: str, guide: str) -> str:
    """Return what stands before the guides of what is below one that has this guide after this lead."""
    return lead + _BELOW[guide]


def add_columns(
    rows: Table, out: Console, heading: str, figures: Mapping[str, Sequence[str]]
) -> None:
    """Give a table the column of names, which are cut, and those of figures, which are not.

    Args:
        rows: the table.
        out: where it will be shown.
        heading: of the names.
        figures: all cells of each column, by its heading.
    """
    widths = [max(len(name), *map(len, cells)) for name, cells in figures.items()]
    room = max(out.width - sum(widths) - _BETWEEN_COLUMNS * len(widths), _NARROWEST)
    rows.add_column(heading, no_wrap=True, overflow="ellipsis", width=room)
    for name, width in zip(figures, widths, strict=True):
        rows.add_column(name, justify="right", no_wrap=True, width=width)
