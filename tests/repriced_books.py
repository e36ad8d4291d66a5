"""Four books, each of which knows more than the one before it, or knows better."""

from __future__ import annotations

from pathlib import Path

from otel_costing.rates import RateBook
from tests.rate_books import book_of, table

NOTHING_YET = '  other:\n    rates:\n      - {from: null, prices: {input: "1"}}\n'
_MODEL = "  m:\n    aliases: [m-2026]\n    rates:\n"
WITHOUT_OUTPUT = f'{_MODEL}      - {{from: null, prices: {{input: "2"}}}}\n'
"""A call is partial by it."""
PRICED = f'{_MODEL}      - {{from: null, prices: {{input: "2", output: "8"}}}}\n'
CORRECTED = f"""{_MODEL}      - {{from: null, prices: {{input: "2", output: "8"}}}}
      - {{from: 2026-11-01, prices: {{input: "3", cache_read: "0.5", output: "9"}}}}
      - {{from: 2026-11-23, prices: {{input: "1000", output: "1000"}}}}
"""
"""Calls are of the 22nd: neither what held before nor what came after prices them."""


def growing_books(directory: Path) -> list[RateBook]:
    """Return them in order."""
    books = []
    for number, text in enumerate((NOTHING_YET, WITHOUT_OUTPUT, PRICED, CORRECTED)):
        at = directory / str(number)
        at.mkdir(parents=True)
        books.append(book_of(at, table(text)))
    return books
