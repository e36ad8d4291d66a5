"""Rows for people, for programs and for spreadsheets. Amounts stay exact in all three."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from otel_costing.money import SCALE

NARROWEST = 80
_FEWEST_DECIMALS = 2
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def console(*, stderr: bool = False) -> Console:
    """Return a console that keeps to 80 columns where nothing says how wide the terminal is."""
    width = None if sys.stdout.isatty() else NARROWEST
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def write_json(document: Any) -> None:
    """Print a document as JSON: decimals as strings of twelve places, absent as null."""
    click.echo(json.dumps(document, indent=2, default=jsonable, ensure_ascii=False))


def jsonable(value: Any) -> str:
    """Spell in JSON what it has no word for: decimals as strings of twelve places."""
    if isinstance(value, Decimal):
        return exact(value)
    return str(value)


def exact(value: Decimal) -> str:
    """Return an amount with its twelve decimals, as it stands in JSON and CSV."""
    return f"{value:.{SCALE}f}"


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as CSV; absent is empty. A cell never starts like a spreadsheet formula."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, str) and value[:1] in _STARTS_A_FORMULA and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return str(value)


def money_column(amounts: Sequence[Decimal | None]) -> list[str]:
    """Return amounts with as many decimals as the longest of them needs: aligned, and none rounded."""
    decimals = max(
        (_decimals(amount) for amount in amounts if amount is not None), default=_FEWEST_DECIMALS
    )
    return ["-" if amount is None else f"{amount:,.{decimals}f}" for amount in amounts]


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(_FEWEST_DECIMALS, -exponent if isinstance(exponent, int) else 0)


def short_digest(digest: str) -> str:
    """Return the first digits of a book's digest and, after `+`, of that of its overrides."""
    return "+".join(part[:16] for part in digest.split("+"))


def on_one_line(text: str) -> str:
    """Return a text without what a terminal would obey, the end of a line included."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def printable(text: str) -> str:
    """Return a text without what a terminal would obey; its lines stay."""
    return "\n".join(map(on_one_line, text.split("\n")))


def verbatim(text: str) -> str:
    """Return the text of a table's cell that says what somebody else wrote, markup and all."""
    return escape(printable(text))


def table(title: str | None = None, caption: str | None = None) -> Table:
    """Return an empty table in the project's one style."""
    return Table(
        title=title,
        caption=caption,
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
    )
