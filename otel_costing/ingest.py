"""Files of spans -> the ledger, by the same path as every other door.

What is read together is settled together: copies of one call may lie in different requests and files. Files
are read in the order of their names, so that the same set of files gives the same ledger however it is listed.
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

from otel_costing.batch import Counts, Examined, SealedBatch, examine, seal
from otel_costing.decoded import Decoded, Undecodable
from otel_costing.kept_spans import KeptSpans, with_kept_spans
from otel_costing.otlp import (
    LARGEST_REQUEST_BYTES,
    decode,
    decode_json,
    looks_like_json,
)
from otel_costing.rates import RateBook, default_rates

STANDARD_INPUT = "-"
LARGEST_BATCH = 10_000
"""Rows of a kind in one batch."""
SETTLED_TOGETHER = 100_000
"""Spans held in memory, without their attributes, before they are settled and booked."""
_ENDINGS = (".jsonl", ".ndjson", ".json", ".pb", ".bin", ".binpb", ".otlp")
_GZIP_MAGIC = b"\x1f\x8b"
_MOST_REASONS = 20


class RefusedFile(NamedTuple):
    """A file, or a part of it, that was not booked."""

    file: str
    reason: str


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

    def book(self, batch: SealedBatch, /) -> BookedCounts:
        """Write what is new."""

    def settle(self, *, now_ns: int) -> object:
        """Settle what came together with what was known."""

    def rebuild_rollups(self) -> object:
        """Bring the daily rollups up to what was booked."""


class _Reading:
    """What was read so far, and what of it waits to be settled."""

    def __init__(self, store: Books, rates: RateBook, received_ns: int, kept: KeptSpans) -> None:
        self._store = store
        self._rates = rates
        self._received_ns = received_ns
        self._kept = kept
        self._waiting: list[Examined] = []
        self._counts = Counts()
        self._booked_before = 0
        self.files = 0
        self.requests = 0
        self.refused: list[RefusedFile] = []

    def add(self, decoded: Decoded, *, backfill: bool) -> None:
        """Take the spans of one request."""
        self.requests += 1
        self._waiting.extend(
            examine(record, self._rates, self._received_ns, backfill=backfill)
            for record in decoded.spans
        )
        if len(self._waiting) >= SETTLED_TOGETHER:
            self.book()

    def book(self) -> None:
        """Settle and book all that waits."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        sealed = seal(waiting, self._rates, self._received_ns, largest=LARGEST_BATCH)
        for batch in with_kept_spans(sealed, waiting, self._kept):
            booked = self._store.book(batch)
            self._counts = self._counts.plus(batch.counts)
            self._booked_before += booked.duplicates + booked.conflicts

    def refuse(self, file: str, reasons: Iterable[str]) -> None:
        """Note why something of a file is left out, each reason once."""
        for reason in list(dict.fromkeys(reasons))[:_MOST_REASONS]:
            self.refused.append(RefusedFile(file, reason))

    def report(self) -> IngestReport:
        """Return the figures."""
        counts = self._counts
        return IngestReport(
            files=self.files,
            requests=self.requests,
            spans=counts.spans,
            billable_calls=counts.billable_calls,
            priced=counts.priced,
            partial=counts.partial,
            unpriced=counts.unpriced,
            duplicates=counts.copies + self._booked_before,
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
    progress: Callable[[int, int], None] | None = None,
) -> IngestReport:
    """Book the spans of files: OTLP protobuf, OTLP JSON, JSON lines, gzipped or not.

    What cannot be read is refused with its reason and the rest is booked: a file, a line of JSON lines (the
    torn last line of a journal), a span. What the ledger knew of the same calls is settled with it. Doing it again
    changes nothing.

    Args:
        paths: files, directories (the files in them that end like spans do), `-` for standard input.
        store: the ledger.
        received_ns: now, nanoseconds since 1970 UTC.
        rates: the book that prices; the packaged one where omitted.
        backfill: price calls of more than 30 days ago at their own time.
        spans: which skeletons to keep.
        progress: called with the number of files read and of those to read.

    Raises:
        StoreUnavailable: the ledger did not take a batch; ingest the same files again.
    """
    files, missing = _files_of(paths)
    book = default_rates() if rates is None else rates
    reading = _Reading(store, book, received_ns, spans)
    reading.refused.extend(missing)
    for file in files:
        reading.files += 1
        _read_file(file, reading, backfill=backfill)
        if progress is not None:
            progress(reading.files, len(files))
    reading.book()
    store.settle(now_ns=received_ns)
    store.rebuild_rollups()
    return reading.report()


def _files_of(paths: Iterable[str | Path]) -> tuple[list[Path | str], list[RefusedFile]]:
    found: dict[str, Path | str] = {}
    missing = []
    for given in paths:
        path = Path(given)
        if str(given) == STANDARD_INPUT:
            found[STANDARD_INPUT] = STANDARD_INPUT
        elif path.is_dir():
            found.update({str(file): file for file in path.rglob("*") if _holds_spans(file)})
        elif path.is_file():
            found[str(path)] = path
        else:
            missing.append(RefusedFile(str(path), "there is no such file"))
    return [found[name] for name in sorted(found)], missing


def _holds_spans(file: Path) -> bool:
    return file.is_file() and file.name.removesuffix(".gz").endswith(_ENDINGS)


def _read_file(file: Path | str, reading: _Reading, *, backfill: bool) -> None:
    try:
        with _opened(file) as stream:
            for decoded in _requests(stream):
                if isinstance(decoded, Undecodable):
                    reading.refuse(str(file), [str(decoded)])
                    continue
                reading.refuse(str(file), decoded.refused)
                reading.add(decoded, backfill=backfill)
    except Undecodable as refused:
        reading.refuse(str(file), [str(refused)])
    except (OSError, EOFError, zlib.error) as error:
        reading.refuse(str(file), [f"it cannot be read: {error}"])


@contextmanager
def _opened(file: Path | str) -> Iterator[BinaryIO]:
    """Open a file, or standard input, which stays open; what is gzipped reads as what is inside."""
    with ExitStack() as stack:
        plain = sys.stdin.buffer if isinstance(file, str) else stack.enter_context(file.open("rb"))
        buffered = (
            plain if hasattr(plain, "peek") else io.BufferedReader(cast("io.RawIOBase", plain))
        )
        if buffered.peek(2)[:2] == _GZIP_MAGIC:
            yield cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=buffered)))
        else:
            yield buffered


def _requests(stream: BinaryIO) -> Iterator[Decoded | Undecodable]:
    """Yield the requests of a file: one of protobuf, one JSON value, or one JSON value a line."""
    first = stream.readline(LARGEST_REQUEST_BYTES + 1)
    if not looks_like_json(first):
        whole = first + stream.read(LARGEST_REQUEST_BYTES + 1 - len(first))
        if not looks_like_json(whole):
            yield decode(whole)
            return
        # Protobuf begins with a byte that reads as a line break, and so may JSON lines.
        stream = cast("BinaryIO", io.BytesIO(whole.lstrip()))
        first = stream.readline()
    request = _line(first, 1)
    if isinstance(request, Decoded):
        yield request
        yield from _lines(stream, 2)
        return
    rest = stream.read(LARGEST_REQUEST_BYTES + 1 - len(first)) + stream.readline()
    yield from _broken_first_line(first, rest, request)
    yield from _lines(stream, 2 + rest.count(b"\n"))


def _broken_first_line(
    first: bytes, rest: bytes, refused: Undecodable
) -> Iterator[Decoded | Undecodable]:
    """Read a value of several lines, or lines of which the first is broken."""
    if not rest.strip():
        yield refused
        return
    try:
        yield decode(first + rest)
    except Undecodable as whole:
        requests = list(_lines(io.BytesIO(rest), 2))
        if any(isinstance(request, Decoded) for request in requests):
            yield refused
            yield from requests
        else:
            yield whole


def _lines(stream: BinaryIO, number: int) -> Iterator[Decoded | Undecodable]:
    while line := stream.readline(LARGEST_REQUEST_BYTES + 1):
        if line.strip():
            yield _line(line, number)
        number += 1


def _line(line: bytes, number: int) -> Decoded | Undecodable:
    try:
        return decode_json(line)
    except Undecodable as refused:
        return Undecodable(f"line {number}: {refused}")
