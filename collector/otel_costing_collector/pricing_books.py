"""The rate books a collector prices by: the one in force, and the earlier ones that spans may name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from otel_costing.problems import Problem
from otel_costing.rates import RateBook, packaged_rates

_MOST_EARLIER = 8


class PricingBooks:
    """Replaced by a reload, as a whole, between two requests."""

    def __init__(self, current: RateBook, authorities: Iterable[str] = ()) -> None:
        """Begin with one book.

        Args:
            current: what prices.
            authorities: senders whose record stands for those of other teams; see `settlement.settle`.
        """
        self.current = current
        self.authorities = frozenset(authorities)
        self.by_digest = MappingProxyType({current.digest: current})

    def use(self, current: RateBook) -> None:
        """Price by another book from now on; a span that names an earlier one is still priced by it."""
        others = {known: book for known, book in self.by_digest.items() if known != current.digest}
        books = {**others, current.digest: current}
        kept = dict(list(books.items())[-_MOST_EARLIER:])
        self.by_digest = MappingProxyType(kept)
        self.current = current


def load_book(directory: Path | None, overrides: Iterable[Path]) -> RateBook | list[Problem]:
    """Return the book of a directory of tables, or the packaged one, under a team's own files; else all problems."""
    book, problems = (packaged_rates(), []) if directory is None else RateBook.load(directory)
    files = list(overrides)
    if book is not None and files:
        book, problems = book.with_overrides(files)
    return book if book is not None else problems
