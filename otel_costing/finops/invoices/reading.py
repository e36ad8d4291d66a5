"""Files that providers exported -> what was billed, each line once, and everything that is wrong with the files.

Documents are told apart by the digest of what they hold, so that one given twice, packed or not, counts once. Where a format says that a
line comes once, a second time is the same page again; elsewhere the rows of one line and day are parts of it, in
however many files a delivery comes. Memory grows with the lines, not with the rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from otel_costing.finops.exact import EXACT
from otel_costing.finops.invoices.amounts import DateOrder
from otel_costing.finops.invoices.documents import Document, document_of
from otel_costing.finops.invoices.formats import Format, format_of, formats
from otel_costing.finops.invoices.line import InvoiceLine
from otel_costing.finops.invoices.row_lines import amount_of, lines_of, provider_of
from otel_costing.finops.invoices.rows import Page, Row, Unreadable, rows_of
from otel_costing.problems import Problem
from otel_costing.rates import RateBook

_MOST_PROBLEMS = 50
_ANY = ""
_UNKNOWN = (
    "this is no export that is known here (docs/reconciliation.md lists them); any can be made into a CSV with the "
    "columns provider,day,amount_usd and, where known, model,meter,quantity"
)


class LeftOut(NamedTuple):
    """Rows of services that no model is called through."""

    rows: int
    amount_usd: Decimal


class Invoices(NamedTuple):
    """What some files say was billed."""

    lines: tuple[InvoiceLine, ...]
    """By interval, provider and key."""
    documents: tuple[Document, ...]
    left_out: LeftOut
    problems: tuple[Problem, ...]
    """With any of them nothing should be drawn from the lines."""


def read_invoices(
    paths: Iterable[Path],
    rates: RateBook,
    *,
    format_name: str = "",
    provider: str = "",
    dates: DateOrder | None = None,
) -> Invoices:
    """Read exports, in any order and however they are cut into files.

    Args:
        paths: the files.
        rates: the book that knows the providers' models by their canonical names.
        format_name: of `formats.yaml`; told by the content of each file where it is empty.
        provider: only rows of this one, canonical; of all where it is empty.
        dates: how dates with slashes are written; as `formats.yaml` says where it is None.
    """
    reading = _Reading(rates, format_name, provider, dates)
    for path in sorted(set(paths)):
        reading.read(path)
    return reading.result()


class _Reading:
    def __init__(
        self, rates: RateBook, format_name: str, provider: str, dates: DateOrder | None
    ) -> None:
        self._rates = rates
        self._format_name = format_name
        self._provider = provider
        self._dates = dates
        self._documents: dict[str, Document] = {}
        self._lines: dict[tuple[str, str], InvoiceLine] = {}
        self._left_out = LeftOut(0, Decimal(0))
        self._last_page: dict[str, str] = {}
        self._finished: set[str] = set()
        self._problems: list[Problem] = []

    def read(self, path: Path) -> None:
        """Take all of one file."""
        try:
            document = document_of(path)
        except (OSError, EOFError, zlib.error) as error:
            self._wrong(path.name, f"cannot be read: {getattr(error, 'strerror', None) or error}")
            return
        if document.digest in self._documents:
            return
        self._documents[document.digest] = document
        try:
            self._read_rows(document)
        except Unreadable as unreadable:
            self._wrong(unreadable.place, str(unreadable))

    def _read_rows(self, document: Document) -> None:
        known: Format | None = None
        rows = 0
        pages: list[Page] = []
        for row in rows_of(document):
            if isinstance(row, Page):
                pages.append(row)
                continue
            rows += 1
            known = known or self._found(row)
            if known is None:
                self._wrong(row.place, _UNKNOWN)
                return
            self._take(known, document, row)
            if len(self._problems) >= _MOST_PROBLEMS:
                return
        # A page without a row may be the last of any format.
        name = known.name if known is not None else _ANY
        if pages:
            self._last_page.setdefault(name, pages[-1].place)
            self._finished |= {name for page in pages if not page.more_follows}
        if not rows and not pages:
            self._wrong(document.name, "holds no row")

    def _found(self, row: Row) -> Format | None:
        named = next((one for one in formats() if one.name == self._format_name), None)
        found = named or format_of(row.names)
        if found is None or self._dates is None:
            return found
        return found._replace(dates=self._dates)

    def _take(self, known: Format, document: Document, row: Row) -> None:
        try:
            taken = self._lines_in(known, document, row)
        except ValueError as error:
            self._wrong(row.place, str(error))
            return
        for line in taken:
            self._add(known, line)

    def _lines_in(self, known: Format, document: Document, row: Row) -> list[InvoiceLine]:
        provider = provider_of(known, row.fields, self._rates)
        if provider and self._provider in {"", provider}:
            return list(lines_of(known, document.digest, row, provider, self._rates))
        rows, left_out = self._left_out
        self._left_out = LeftOut(rows + 1, EXACT.add(left_out, amount_of(known, row.fields)))
        return []

    def _add(self, known: Format, line: InvoiceLine) -> None:
        place = (line.provider, line.key)
        before = self._lines.get(place)
        if before is None:
            self._lines[place] = line
        elif not known.comes_once:
            self._lines[place] = _together(before, line)
        elif (before.amount_usd, before.quantity) != (line.amount_usd, line.quantity):
            self._wrong(
                line.place,
                f"bills {line.amount_usd} for what {before.place} bills {before.amount_usd}",
            )

    def result(self) -> Invoices:
        """Return all of it."""
        for name, place in self._last_page.items():
            if self._finished.isdisjoint((name, _ANY)):
                self._wrong(place, "says that more pages follow, and the last of them is missing")
        lines = sorted(self._lines.values(), key=lambda one: (one.start_ns, one.provider, one.key))
        return Invoices(
            tuple(lines), tuple(self._documents.values()), self._left_out, tuple(self._problems)
        )

    def _wrong(self, place: str, what: str) -> None:
        self._problems.append(Problem(place, what))


def _together(one: InvoiceLine, other: InvoiceLine) -> InvoiceLine:
    quantity = None
    if one.quantity is not None and other.quantity is not None:
        quantity = EXACT.add(one.quantity, other.quantity)
    return one._replace(amount_usd=EXACT.add(one.amount_usd, other.amount_usd), quantity=quantity)
