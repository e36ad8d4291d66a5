"""Files of spans -> the ledger, by the same path as every other door.

What is read together is settled together, a hundred thousand spans at a time: copies of one call may lie in different requests
and files. What lies further apart is settled afterwards, as with every late span. Most of what waits is packed, so that memory does
not grow with a file. Files are read in the order of their names, so that the same set of files gives the same ledger however it
is listed.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from otel_costing.bookings import Bookings, Books
from otel_costing.decoded import Decoded, Undecodable
from otel_costing.kept_spans import KeptSpans
from otel_costing.progress import Progress
from otel_costing.rates import RateBook, default_rates
from otel_costing.sources import RefusedFile, Source, sources_of
from otel_costing.span_files import opened, requests_of

_MOST_REASONS = 20


class IngestReport(NamedTuple):
    """What came of an ingest. `billable_calls` = `priced` + `partial` + `unpriced`, new or not."""

    files: int
    requests: int
    spans: int
    billable_calls: int
    priced: int
    partial: int
    unpriced: int
    duplicates: int
    """Spans of calls that were booked before, by this or by another span."""
    refused: tuple[RefusedFile, ...]


class _Reading:
    """What was read so far, and what of it was booked."""

    def __init__(self, bookings: Bookings) -> None:
        self._bookings = bookings
        self.files = 0
        self.requests = 0
        self.refused: list[RefusedFile] = []

    def add(self, decoded: Decoded) -> None:
        """Take the spans of one request."""
        self.requests += 1
        self._bookings.add(decoded.spans)

    def refuse(self, file: str, reasons: Iterable[str]) -> None:
        """Note why something of a file is left out, each reason once."""
        for reason in list(dict.fromkeys(reasons))[:_MOST_REASONS]:
            self.refused.append(RefusedFile(file, reason))

    def report(self) -> IngestReport:
        """Return the figures."""
        counts = self._bookings.counts
        return IngestReport(
            files=self.files,
            requests=self.requests,
            spans=counts.spans,
            billable_calls=counts.billable_calls,
            priced=counts.priced,
            partial=counts.partial,
            unpriced=counts.unpriced,
            duplicates=self._bookings.duplicates,
            refused=tuple(self.refused),
        )


def ingest(
    paths: Iterable[str | Path],
    store: Books,
    *,
    received_ns: int,
    rates: RateBook | None = None,
    backfill: bool = False,
    spans: KeptSpans = KeptSpans.ALL,
) -> IngestReport:
    """Book the spans of files at once; see `ingesting`.

    Args:
        paths: see `sources_of`.
        store: the ledger.
        received_ns: now, nanoseconds since 1970 UTC.
        rates: the book that prices; the packaged one where omitted.
        backfill: price calls of more than 30 days ago at their own time.
        spans: which skeletons to keep.

    Raises:
        StoreUnavailable: the ledger did not take a batch; ingest the same files again.
    """
    sources, missing = sources_of(paths)
    steps = ingesting(
        sources,
        store,
        received_ns=received_ns,
        rates=rates,
        backfill=backfill,
        spans=spans,
        refused=missing,
    )
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            report: IngestReport = ended.value
            return report


def ingesting(
    sources: Sequence[Source],
    store: Books,
    *,
    received_ns: int,
    rates: RateBook | None = None,
    backfill: bool = False,
    spans: KeptSpans = KeptSpans.ALL,
    refused: Iterable[RefusedFile] = (),
) -> Generator[Progress, None, IngestReport]:
    """Book the spans of files: OTLP protobuf, OTLP JSON, JSON lines, gzipped or not; yield after each request.

    What cannot be read is refused with its reason and the rest is booked: a file, a line of JSON lines (the
    torn last line of a journal), a span. What the ledger knew of the same calls is settled with it. Doing it again
    changes nothing, and so does doing it again after it was cut short.

    Args:
        sources: what to read, in this order.
        store: the ledger.
        received_ns: now, nanoseconds since 1970 UTC.
        rates: the book that prices; the packaged one where omitted.
        backfill: price calls of more than 30 days ago at their own time.
        spans: which skeletons to keep.
        refused: what was not to be had in the first place.

    Raises:
        StoreUnavailable: the ledger did not take a batch; ingest the same files again.
    """
    book = default_rates() if rates is None else rates
    bookings = Bookings(store, book, received_ns, spans, backfill=backfill)
    reading = _Reading(bookings)
    reading.refused.extend(refused)
    for source in sources:
        for _ in _read_source(source, reading):
            bookings.settle_now_and_then(now_ns=received_ns)
            yield Progress(reading.files, len(sources), "files")
        reading.files += 1
        yield Progress(reading.files, len(sources), "files")
    bookings.book()
    store.settle(now_ns=received_ns)
    store.rebuild_rollups()
    return reading.report()


def _read_source(source: Source, reading: _Reading) -> Iterator[None]:
    try:
        with opened(source) as stream:
            for decoded in requests_of(stream):
                if isinstance(decoded, Undecodable):
                    reading.refuse(source.name, [str(decoded)])
                    continue
                reading.refuse(source.name, decoded.refused)
                reading.add(decoded)
                yield
    except Undecodable as refused:
        reading.refuse(source.name, [str(refused)])
    except (OSError, EOFError, zlib.error) as error:
        reading.refuse(source.name, [f"it cannot be read: {error}"])
