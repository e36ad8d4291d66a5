"""Spans -> batches in a ledger, and what came of them. What waits together is settled together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from otel_costing.batch import Counts, SealedBatch, examine, seal
from otel_costing.kept_spans import KeptSpans, with_kept_spans
from otel_costing.promoted import Promoted
from otel_costing.rates import RateBook
from otel_costing.spans import SpanRecord
from otel_costing.waiting import Waiting

LARGEST_BATCH = 10_000
"""Rows of a kind in one batch."""
SETTLED_TOGETHER = 100_000
"""Spans that wait, without their attributes, before they are settled and booked."""

_SETTLED_EVERY = 10
"""Times that what waited was booked: what settling holds in memory grows with what came since the last time."""


class BookedCounts(Protocol):
    """What a store says of a batch."""

    @property
    def duplicates(self) -> int:
        """Entries that the ledger had."""

    @property
    def conflicts(self) -> int:
        """Entries that it had with another content."""


class Books(Protocol):
    """Where batches go."""

    def book_new(self, batch: SealedBatch, /) -> BookedCounts:
        """Write what is new; mostly all of it is."""

    def settle(self, *, now_ns: int) -> object:
        """Settle what came together with what was known."""

    def rebuild_rollups(self) -> object:
        """Bring the daily rollups up to what was booked."""

    def promotions(self) -> Promoted:
        """Return which resource attributes have a column there."""


class Bookings:
    """What waits to be settled, and what was booked so far."""

    def __init__(
        self, store: Books, rates: RateBook, received_ns: int, kept: KeptSpans, *, backfill: bool
    ) -> None:
        """Take where batches go, the book that prices and the rest of what `examine` takes."""
        self._store = store
        self._rates = rates
        self._received_ns = received_ns
        self._kept = kept
        self._backfill = backfill
        self._promoted = store.promotions()
        self._waiting = Waiting()
        self._booked_before = 0
        self._times_unsettled = 0
        self.counts = Counts()

    def add(self, records: Iterable[SpanRecord]) -> None:
        """Take spans; book what waits once that is much."""
        self._waiting.add(
            examine(
                record,
                self._rates,
                self._received_ns,
                backfill=self._backfill,
                promoted=self._promoted,
            )
            for record in records
        )
        if len(self._waiting) >= SETTLED_TOGETHER:
            self.book()

    def book(self) -> None:
        """Settle and book all that waits."""
        for spans in self._waiting.take(LARGEST_BATCH):
            sealed = seal(spans, self._rates, self._received_ns, largest=LARGEST_BATCH)
            for batch in with_kept_spans(sealed, spans, self._kept):
                booked = self._store.book_new(batch)
                self.counts = self.counts.plus(batch.counts)
                self._booked_before += booked.duplicates + booked.conflicts
        self._times_unsettled += 1

    def settle_now_and_then(self, *, now_ns: int) -> None:
        """Settle what was booked with what was known, if much was booked since the last time."""
        if self._times_unsettled >= _SETTLED_EVERY:
            self._store.settle(now_ns=now_ns)
            self._times_unsettled = 0

    @property
    def settled_together(self) -> int:
        """How many spans wait before they are booked without being asked to."""
        return SETTLED_TOGETHER

    @property
    def duplicates(self) -> int:
        """Spans of calls that were booked before, by this or by another span."""
        return self.counts.copies + self._booked_before
