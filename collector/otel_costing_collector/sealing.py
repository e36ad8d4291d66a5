"""Spooled requests -> batches that are ready to be written: read, priced, settled together, sealed. Holds no store."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import NamedTuple

from otel_costing.batch import SealedBatch, seal
from otel_costing.bookings import LARGEST_BATCH
from otel_costing.clickhouse.ready import ReadyBatch, Shape, ready_batch
from otel_costing.kept_spans import KeptSpans, with_kept_spans
from otel_costing_collector.gathering import Gathering, Waiting
from otel_costing_collector.pace import Pace
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool_record import SpooledRequest

_MOST_IN_USE = 8
"""Books that something sealed may still be waiting under."""


class Begin(NamedTuple):
    """How to seal."""

    pace: Pace
    kept_spans: KeptSpans
    """Which skeletons the ledger keeps."""
    shape: Shape
    """Of the store that the batches are made ready for."""


class NumberedBooks(NamedTuple):
    """What prices, as it was at one moment."""

    number: int
    books: PricingBooks


class BooksInTurn:
    """The books by which a collector prices, one after the other as they are read again. Safe to use from several threads."""

    def __init__(self, books: PricingBooks) -> None:
        """Take what prices, now and later."""
        self._books = books
        self._used = [NumberedBooks(0, books.snapshot())]
        self._guard = threading.Lock()

    def latest(self) -> NumberedBooks:
        """Return what prices now."""
        with self._guard:
            last = self._used[-1]
            if not last.books.are_as(self._books):
                last = NumberedBooks(last.number + 1, self._books.snapshot())
                self._used = [*self._used[-_MOST_IN_USE:], last]
            return last

    def of(self, number: int) -> PricingBooks:
        """Return what priced, by its number; that of now where it is long gone."""
        return next((one.books for one in self._used if one.number == number), self._books)


class Sealed(NamedTuple):
    """What came of requests that were settled together."""

    requests: list[int]
    """By number; what is forgotten once all of it is booked."""
    batches: list[ReadyBatch]
    received_ns: int
    """When it was sealed, nanoseconds since 1970 UTC."""
    spans: int
    unreadable: list[tuple[int, str]]
    """Requests that cannot be priced, and why."""
    books: int
    """The number of the books that priced them; see `BooksInTurn`."""


class Finish(NamedTuple):
    """Let nothing wait any more. It is answered with itself once all that waited is sealed."""

    is_last: bool


Told = NumberedBooks | SpooledRequest | Finish
"""What a process that seals is told, after `Begin` and the first books."""
Answer = Sealed | Finish


class Rows(NamedTuple):
    """The same batches with all of their rows."""

    batches: list[SealedBatch]
    request_of: dict[tuple[str, str], int]
    """See `Waiting.request_of`."""


class Sealing:
    """What waits, and how it is sealed."""

    def __init__(self, books: NumberedBooks, begin: Begin) -> None:
        """Begin with nothing."""
        self._books = books
        self._begin = begin
        self._gathering = Gathering(books.books, begin.pace)
        self._unreadable: list[tuple[int, str]] = []

    def turn_to(self, books: NumberedBooks) -> Sealed | None:
        """Price by other books from now on; return what waits, sealed by those it was priced by."""
        sealed = self.take()
        self._books = books
        self._gathering = Gathering(books.books, self._begin.pace)
        return sealed

    def add(self, request: SpooledRequest) -> None:
        """Price the spans of a request."""
        reason = self._gathering.add(request, time.monotonic())
        if reason:
            self._unreadable.append((request.id, reason))

    def wait_s(self) -> float:
        """Return how long to wait for more; 0 or less where it is time to take what waits."""
        return self._gathering.wait_s(time.monotonic())

    def take(self) -> Sealed | None:
        """Return all that waits, sealed; None where nothing does."""
        requests, waiting = self._gathering.take()
        if not requests:
            return None
        received_ns = time.time_ns()
        sealed = _sealed(waiting, self._books.books, self._begin.kept_spans, received_ns)
        batches = [ready_batch(batch, self._begin.shape) for batch in sealed]
        unreadable, self._unreadable = self._unreadable, []
        spans = len(waiting.spans)
        return Sealed(requests, batches, received_ns, spans, unreadable, self._books.number)


def rows_of(
    sealed: Sealed,
    requests: Iterable[SpooledRequest],
    books: PricingBooks,
    kept_spans: KeptSpans,
) -> Rows:
    """Seal the same requests again, and keep the rows: needed only where rows have to be told apart."""
    gathering = Gathering(books, Pace())
    for request in requests:
        gathering.add(request, 0.0)
    _, waiting = gathering.take()
    batches = _sealed(waiting, books, kept_spans, sealed.received_ns)
    return Rows(batches, waiting.request_of())


def _sealed(
    waiting: Waiting, books: PricingBooks, kept_spans: KeptSpans, received_ns: int
) -> list[SealedBatch]:
    batches = seal(
        waiting.spans,
        books.current,
        received_ns,
        largest=LARGEST_BATCH,
        authorities=books.authorities,
        earlier=books.by_digest,
        evaluations=waiting.evaluations,
        outcomes=waiting.outcomes,
    )
    return with_kept_spans(batches, waiting.spans, kept_spans)
