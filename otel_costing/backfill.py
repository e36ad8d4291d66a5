"""Spans that another store has kept -> the ledger, by the same path as every other door.

They are read in windows of time, each of as many spans as are settled together, whether it lasts a day or a
nanosecond; what lies across the edge of two is settled afterwards, as with every late span. After each window the ledger
notes how far it came, so that a run that was cut short goes on there: what was booked of the window it stopped in
is booked already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import NamedTuple, Protocol

from otel_costing.bookings import Bookings, Books
from otel_costing.decoded import Undecodable
from otel_costing.kept_spans import KeptSpans
from otel_costing.ledger import digest
from otel_costing.progress import Progress
from otel_costing.rates import RateBook
from otel_costing.spans import SpanRecord

EARLIEST_NS = -(2**63)
LATEST_NS = 2**63 - 1
"""What a time in 64 bits of nanoseconds can say."""
_SLOTS = 1_000


class Extent(NamedTuple):
    """How much there is to read. Times in nanoseconds since 1970 UTC."""

    since_ns: int
    until_ns: int
    """After the last span's start."""
    spans: int


class Window(NamedTuple):
    """What is read at a time: the spans that started from `since_ns` on, before `until_ns`."""

    since_ns: int
    until_ns: int
    spans: int


Spread = Callable[[int, int, int], list[tuple[int, int]]]
"""`KeptElsewhere.spread`."""


class Asked(NamedTuple):
    """Which spans to book, and how. Times in nanoseconds since 1970 UTC."""

    since_ns: int = EARLIEST_NS
    """Spans that started before are left out."""
    until_ns: int = LATEST_NS
    """And those that started then or later."""
    kept: KeptSpans = KeptSpans.ALL
    """Which skeletons stay."""
    from_start: bool = False
    """Read everything, though an earlier run was cut short on its way."""


class KeptElsewhere(Protocol):
    """A store of spans."""

    @property
    def name(self) -> str:
        """Where it is, without a password."""

    def extent(self, since_ns: int, until_ns: int) -> Extent | None:
        """Return the time in which spans started, of those in this time; None where none did."""

    def spread(self, since_ns: int, until_ns: int, width_ns: int) -> list[tuple[int, int]]:
        """Return the number of spans that started in each slot of this width that has any, in order."""

    def read(self, since_ns: int, until_ns: int) -> Iterator[Iterable[SpanRecord | Undecodable]]:
        """Yield the spans that started in this time, block by block, and why some cannot be read."""


class Place(NamedTuple):
    """How far a backfill came. Times in nanoseconds since 1970 UTC."""

    begun_ns: int
    read_until_ns: int
    """Spans that started before are booked."""
    ends_ns: int
    spans: int
    """Read so far, by all runs."""
    finished: bool = False


class Places(Protocol):
    """Where it is kept how far a backfill came."""

    def last(self, backfill_id: str) -> Place | None:
        """Return what was noted last."""

    def note(self, backfill_id: str, source: str, place: Place) -> None:
        """Keep it, for good."""


class Nowhere:
    """Keeps nothing: for a run that only looks."""

    def last(self, backfill_id: str) -> Place | None:
        """Return that no run came before."""
        del backfill_id
        return None

    def note(self, backfill_id: str, source: str, place: Place) -> None:
        """Forget it."""


class BackfillReport(NamedTuple):
    """What came of a run. `billable_calls` = `priced` + `partial` + `unpriced`, new or not."""

    source: str
    since_ns: int | None
    """From when on this run has read; None where there was nothing."""
    until_ns: int | None
    goes_on: bool
    """An earlier run was cut short at `since_ns`."""
    spans: int
    billable_calls: int
    priced: int
    partial: int
    unpriced: int
    duplicates: int
    """Spans of calls that were booked before, by this or by another span."""
    refused: tuple[tuple[str, int], ...]
    """Why spans were left out, and how many."""


def backfilling(
    source: KeptElsewhere,
    store: Books,
    places: Places,
    asked: Asked,
    *,
    now_ns: int,
    rates: RateBook,
) -> Generator[Progress, None, BackfillReport]:
    """Book the spans of `source`, priced at their own time; yield after each block that was read.

    Doing it again changes nothing, be it after it was cut short or after it was done.

    Args:
        source: where the spans are.
        store: the ledger.
        places: where it is noted how far this came.
        asked: which spans, and how.
        now_ns: nanoseconds since 1970 UTC.
        rates: the book that prices.

    Raises:
        StoreUnavailable: the source or the ledger does not answer; run it again, and it goes on.
    """
    backfill_id = _id_of(source, asked)
    earlier = None if asked.from_start else _unfinished(places.last(backfill_id))
    place = earlier or _beginning(source, asked, now_ns)
    bookings = Bookings(store, rates, place.begun_ns, asked.kept, backfill=True)
    run = _Run(source, bookings)
    started_ns = place.read_until_ns
    for window in run.windows(place):
        yield from run.book(window)
        place = place._replace(read_until_ns=window.until_ns, spans=place.spans + window.spans)
        places.note(backfill_id, source.name, place)
        bookings.settle_now_and_then(now_ns=now_ns)
    store.settle(now_ns=now_ns)
    store.rebuild_rollups()
    places.note(backfill_id, source.name, place._replace(finished=True))
    is_something = place.spans > 0
    return run.report(
        started_ns if is_something else None,
        place.ends_ns if is_something else None,
        goes_on=earlier is not None,
    )


def _id_of(source: KeptElsewhere, asked: Asked) -> str:
    return digest("backfill", source.name, str(asked.since_ns), str(asked.until_ns), asked.kept)


def _unfinished(place: Place | None) -> Place | None:
    return None if place is None or place.finished else place


def _beginning(source: KeptElsewhere, asked: Asked, now_ns: int) -> Place:
    extent = source.extent(asked.since_ns, asked.until_ns)
    if extent is None:
        return Place(now_ns, now_ns, now_ns, 0)
    return Place(now_ns, extent.since_ns, extent.until_ns, 0)


class _Run:
    """What one run has read, and how much of it there is."""

    def __init__(self, source: KeptElsewhere, bookings: Bookings) -> None:
        self._source = source
        self._bookings = bookings
        self._refused: Counter[str] = Counter()
        self._done = 0
        self._of = 0

    def windows(self, place: Place) -> Iterator[Window]:
        """Yield what is left to read."""
        extent = self._source.extent(place.read_until_ns, place.ends_ns)
        if extent is not None:
            self._of = extent.spans
            yield from windows_of(self._source.spread, extent, self._bookings.settled_together)

    def book(self, window: Window) -> Iterator[Progress]:
        """Read a window and book it; it is in the ledger once this ends."""
        for block in self._source.read(window.since_ns, window.until_ns):
            self._bookings.add(self._readable(block))
            yield Progress(self._done, self._of, "spans")
        self._bookings.book()
        yield Progress(self._done, self._of, "spans")

    def _readable(self, block: Iterable[SpanRecord | Undecodable]) -> Iterator[SpanRecord]:
        for span in block:
            self._done += 1
            if isinstance(span, Undecodable):
                self._refused[str(span)] += 1
            else:
                yield span

    def report(
        self, since_ns: int | None, until_ns: int | None, *, goes_on: bool
    ) -> BackfillReport:
        """Return the figures."""
        counts = self._bookings.counts
        return BackfillReport(
            self._source.name,
            since_ns,
            until_ns,
            goes_on,
            counts.spans,
            counts.billable_calls,
            counts.priced,
            counts.partial,
            counts.unpriced,
            self._bookings.duplicates,
            tuple(sorted(self._refused.items())),
        )


def windows_of(spread: Spread, extent: Extent, most: int) -> Iterator[Window]:
    """Cut a time into windows that hold every span once, none more than `most` unless they start at one instant.

    What started in each slot of it is counted, and again within a slot of too many.
    """
    width_ns = max(1, -(-(extent.until_ns - extent.since_ns) // _SLOTS))
    slots = spread(extent.since_ns, extent.until_ns, width_ns)
    since_ns, gathered = extent.since_ns, 0
    for slot, spans in slots:
        start_ns = extent.since_ns + slot * width_ns
        if gathered and gathered + spans > most:
            yield Window(since_ns, start_ns, gathered)
            since_ns, gathered = start_ns, 0
        if spans > most and width_ns > 1:
            end_ns = min(start_ns + width_ns, extent.until_ns)
            yield from windows_of(spread, Extent(start_ns, end_ns, spans), most)
            since_ns = end_ns
        else:
            gathered += spans
    if gathered:
        yield Window(since_ns, extent.until_ns, gathered)
