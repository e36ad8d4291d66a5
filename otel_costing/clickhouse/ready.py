"""A sealed batch -> what a store writes as it is: blocks already encoded, and the keys by which they are known to be new.

Most batches bring nothing but new calls and new spans. For those a process that holds no store has done all of the
work, and the one that holds it asks three questions and passes bytes on. Pure but for the client's encoder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from otel_costing.batch import Counts, SealedBatch
from otel_costing.clickhouse import columns
from otel_costing.clickhouse.blocks import blocks
from otel_costing.clickhouse.brought import NOTHING, Brought, brought_by
from otel_costing.clickhouse.columns import Columns
from otel_costing.clickhouse.native import ColumnTypes, Unencodable, native_block
from otel_costing.clickhouse.span_filter import HEX_DIGITS, OfSpan, ids_of
from otel_costing.ledger import AGGREGATE, LedgerEntry, digest
from otel_costing.skeleton import Skeleton
from otel_costing.usage_events import is_told_by_request

_Row = TypeVar("_Row", LedgerEntry, Skeleton)
TABLES = ("ledger", "spans")
"""Those whose blocks are made ready."""


class Shape(NamedTuple):
    """What has to be known of a store to make its blocks."""

    types: Mapping[str, ColumnTypes]
    """By table."""


class ReadyBlock(NamedTuple):
    """Rows of one table, encoded."""

    table: str
    columns: tuple[str, ...]
    native: bytes
    token: str
    """Of the insert: the same rows, the same token."""


class ReadyBatch(NamedTuple):
    """A sealed batch whose rows are encoded, all but the few that have to be looked at one by one."""

    rest: SealedBatch
    """The batch with none of the encoded rows in it: aggregates, and what requests told of."""
    calls: int
    """Encoded entries."""
    spans: int
    """Encoded skeletons."""
    call_ids: bytes
    """Ids of the spans that encoded entries and findings tell of; see `span_filter`."""
    span_ids: bytes
    """Of the encoded skeletons, likewise."""
    days: tuple[date, ...]
    """On which any of these calls ended."""
    blocks: tuple[ReadyBlock, ...] | None
    """None where a value does not fit its column: the store says which when the rows are offered to it."""
    months: frozenset[str]
    """In which the encoded entries are billed, if these are open."""
    reasons: Mapping[str, int]
    """See `reasons_of`: of the whole batch."""
    brought: Brought = NOTHING
    """The encoded entries."""

    @property
    def batch_id(self) -> str:
        """That of the batch."""
        return self.rest.batch_id


NOTHING_READY = ReadyBatch(
    SealedBatch("", 0, (), (), (), (), Counts()), 0, 0, b"", b"", (), (), frozenset(), {}
)


def ready_batch(batch: SealedBatch, shape: Shape) -> ReadyBatch:
    """Make a batch ready for a store of that shape."""
    entries, special = _parted(batch.entries, _is_plain)
    spans, odd = _parted(batch.spans, _is_whole)
    ended_ns = [one.ended_ns for one in entries]
    return ReadyBatch(
        batch._replace(entries=tuple(special), spans=tuple(odd)),
        len(entries),
        len(spans),
        _ids_of(entries) + _ids_of(batch.findings),
        _ids_of(spans),
        tuple(columns.dates_of([*ended_ns, *(one.ended_ns for one in batch.findings)])),
        _blocks(entries, spans, batch, shape),
        frozenset(columns.month_of(one.occurred_ns) for one in entries),
        reasons_of(batch.entries),
        brought_by(entries),
    )


def _parted(
    rows: Sequence[_Row], is_encoded: Callable[[_Row], bool]
) -> tuple[Sequence[_Row], list[_Row]]:
    """Part rows that are encoded, mostly all of them, from the others."""
    others = [row for row in rows if not is_encoded(row)]
    return ([row for row in rows if is_encoded(row)] if others else rows), others


def _is_plain(entry: LedgerEntry) -> bool:
    return entry.cause != AGGREGATE and not is_told_by_request(entry) and _is_whole(entry)


def _is_whole(row: OfSpan) -> bool:
    """Tell whether a row can be asked about by the ids of its span."""
    return len(row.trace_id) + len(row.span_id) == HEX_DIGITS


def _ids_of(rows: Iterable[OfSpan]) -> bytes:
    return ids_of((one.trace_id, one.span_id) for one in rows)


def reasons_of(entries: Iterable[LedgerEntry]) -> Mapping[str, int]:
    """Return how many entries have no price for each reason."""
    return Counter(one.status_reason for one in entries if one.status == "unpriced")


def _is_special(entry: LedgerEntry) -> bool:
    return entry.cause == AGGREGATE or is_told_by_request(entry)


def _blocks(
    entries: Sequence[LedgerEntry], spans: Sequence[Skeleton], batch: SealedBatch, shape: Shape
) -> tuple[ReadyBlock, ...] | None:
    try:
        return (
            *_encoded(entry_blocks(entries, batch.batch_id), shape),
            *_encoded(span_blocks(spans, batch), shape),
        )
    except Unencodable:
        return None


class Block(NamedTuple):
    """Rows of one table as columns."""

    table: str
    columns: Columns
    token: str


def _encoded(made: Iterator[Block], shape: Shape) -> Iterator[ReadyBlock]:
    for table, data, token in made:
        yield ReadyBlock(table, tuple(data), native_block(data, shape.types[table]), token)


def entry_blocks(
    entries: Sequence[LedgerEntry],
    batch_id: str,
    period_of: Callable[[int], str] = columns.month_of,
) -> Iterator[Block]:
    """Yield the blocks of `ledger`.

    Args:
        entries: those that are new.
        batch_id: of their batch.
        period_of: the month that bills a call of an instant; its own where all months are open.
    """
    for block in blocks(entries, lambda entry: columns.month_of_row(entry.ended_ns)):
        periods = [period_of(entry.occurred_ns) for entry in block]
        ids = [field for entry in block for field in (entry.entry_id, entry.content_digest)]
        data = columns.entry_columns(block, batch_id, periods)
        yield Block("ledger", data, digest("ledger", batch_id, *ids))


def span_blocks(spans: Sequence[Skeleton], batch: SealedBatch) -> Iterator[Block]:
    """Yield the blocks of `spans`."""
    for block in blocks(spans, lambda span: columns.month_of_row(span.start_ns)):
        ids = [field for span in block for field in (span.trace_id, span.span_id)]
        data = columns.span_columns(block, batch.received_ns, batch.batch_id)
        yield Block("spans", data, digest("spans", batch.batch_id, *ids))
