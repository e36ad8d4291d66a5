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

from otel_costing.documents.values import exact, jsonable
from otel_costing.money import SCALE

NARROWEST = 80
UNATTRIBUTED = "unattributed"
_FEWEST_DECIMALS = 2
_MILLIONS = 6
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def console(*, stderr: bool = False) -> Console:
    """Return a console that keeps to 80 columns where nothing says how wide the terminal is."""
    width = None if sys.stdout.isatty() else NARROWEST
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def write_json(document: Any) -> None:
    """Print a document as JSON: decimals as strings of twelve places, absent as null."""
    click.echo(json.dumps(document, indent=2, default=jsonable, ensure_ascii=False))


def in_short(number: int) -> str:
    """Return a large number in five characters or so, rounded down: `12,345`, `123k`, `12.3M`."""
    if number < 100_000:
        return f"{number:,}"
    if number < 10**6:
        return f"{number // 1_000}k"
    for power, letter in ((6, "M"), (9, "G")):
        if number < 10 ** (power + 3):
            tenths = number // 10 ** (power - 1)
            return f"{tenths // 10}.{tenths % 10}{letter}"
    return f"{number // 10**12:,}T"


def counted(number: int, what: str) -> str:
    """Return a number with what it counts: `1 file`, `2,000 files`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def took(duration_ms: int) -> str:
    """Return a duration for people: `840 ms`, `12.3 s`, `4m05s`, `3h10m`."""
    if duration_ms < 1_000:
        return f"{duration_ms} ms"
    tenths = duration_ms // 100
    if tenths < 600:
        return f"{tenths // 10}.{tenths % 10} s"
    seconds = tenths // 10
    if seconds < 3_600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    return f"{seconds // 3_600:,}h{seconds % 3_600 // 60:02}m"


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


def rounded_column(amounts: Sequence[Decimal | None]) -> list[str]:
    """Return amounts rounded alike, where many stand beside each other: four digits of the largest, cents where they fit.

    What is less than the last digit shown is `~0`, and nothing at all is `0`.
    """
    largest = max((abs(amount) for amount in amounts if amount is not None), default=Decimal(0))
    magnitude = largest.adjusted() if largest else 0
    decimals = min(max(3 - magnitude, _FEWEST_DECIMALS if magnitude < _MILLIONS else 0), SCALE)
    return [_rounded(amount, decimals) for amount in amounts]


def _rounded(amount: Decimal | None, decimals: int) -> str:
    if amount is None:
        return "-"
    text = f"{amount:,.{decimals}f}"
    if text.strip("-0."):
        return text
    return "~0" if amount else "0"


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


def named_cell(value: str | None) -> str:
    """Return the cell of a dimension's value; None is nobody."""
    return UNATTRIBUTED if value is None else escape(on_one_line(value))


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
