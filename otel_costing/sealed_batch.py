"""Rows of a ledger in their final form, as a batch brings them."""

from __future__ import annotations

from typing import NamedTuple

from otel_costing.evaluations import Evaluation
from otel_costing.finding import Finding
from otel_costing.ledger import LedgerEntry
from otel_costing.outcomes import Outcome
from otel_costing.rates import Rate
from otel_costing.skeleton import Skeleton


class BookedRate(NamedTuple):
    """A rate that priced an entry, and which book held it."""

    rate: Rate
    rates_digest: str


class Counts(NamedTuple):
    """What a batch holds. `billable_calls` = `priced` + `partial` + `unpriced`."""

    spans: int = 0
    billable_calls: int = 0
    priced: int = 0
    partial: int = 0
    unpriced: int = 0
    copies: int = 0
    """Spans that tell of a call which another span tells of, or that came twice."""

    def plus(self, other: Counts) -> Counts:
        """Return the sums."""
        return Counts(*(one + two for one, two in zip(self, other, strict=True)))


class SealedBatch(NamedTuple):
    """Rows in their final form."""

    batch_id: str
    """Digest of all rows, whenever they were received: equal batches are one batch."""
    received_ns: int
    entries: tuple[LedgerEntry, ...]
    spans: tuple[Skeleton, ...]
    findings: tuple[Finding, ...]
    rates: tuple[BookedRate, ...]
    counts: Counts
    sightings: tuple[LedgerEntry, ...] = ()
    """What each span says of a call that several tell of, or that only sums up others: what `entries` was drawn
    from, should more become known."""
    evaluations: tuple[Evaluation, ...] = ()
    corrects: bool = False
    """Whether settling posts it: who stands for whom is decided, by all that is known."""
    outcomes: tuple[Outcome, ...] = ()
