"""The rate books a collector prices by: the one in force, and the earlier ones that spans may name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from pathlib import Path

from otel_costing.problems import Problem
from otel_costing.promoted import Promoted
from otel_costing.rates import RateBook, packaged_rates
from otel_costing_collector.senders import Senders

_MOST_EARLIER = 8


class PricingBooks:
    """Replaced by a reload, as a whole, between two requests."""

    def __init__(self, current: RateBook, senders: Senders | None = None) -> None:
        """Begin with one book.

        Args:
            current: what prices.
            senders: says whose the priced calls are.
        """
        self.current = current
        self.senders = senders or Senders()
        self.by_digest: Mapping[str, RateBook] = {current.digest: current}
        self.promoted: Promoted = ()
        """Which resource attributes the ledger has a column for; see `learn`."""

    @property
    def authorities(self) -> frozenset[str]:
        """Senders whose record stands for those of other teams; see `settlement.settle`."""
        return self.senders.authorities

    def use(self, current: RateBook) -> None:
        """Price by another book from now on; a span that names an earlier one is still priced by it."""
        others = {known: book for known, book in self.by_digest.items() if known != current.digest}
        books = {**others, current.digest: current}
        self.by_digest = dict(list(books.items())[-_MOST_EARLIER:])
        self.current = current

    def learn(self, promoted: Promoted) -> None:
        """Keep these resource attributes from now on."""
        if promoted != self.promoted:
            self.promoted = promoted

    def snapshot(self) -> PricingBooks:
        """Return these as they are now, whatever is read again later."""
        now = copy(self)
        now.senders = copy(self.senders)
        return now

    def are_as(self, others: PricingBooks) -> bool:
        """Tell whether nothing was replaced since one was a snapshot of the other."""
        return all(one is other for one, other in zip(_parts(self), _parts(others), strict=True))


def _parts(books: PricingBooks) -> tuple[object, ...]:
    return books.current, books.by_digest, books.promoted, *vars(books.senders).values()


def load_book(directory: Path | None, overrides: Iterable[Path]) -> RateBook | list[Problem]:
    """Return the book of a directory of tables, or the packaged one, under a team's own files; else all problems."""
    book, problems = (packaged_rates(), []) if directory is None else RateBook.load(directory)
    files = list(overrides)
    if book is not None and files:
        book, problems = book.with_overrides(files)
    return book if book is not None else problems
