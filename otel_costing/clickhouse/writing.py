"""Rows of a batch into their tables, each insert with the token by which its repetition is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from otel_costing.batch import BookedRate, SealedBatch
from otel_costing.clickhouse import columns
from otel_costing.clickhouse.blocks import blocks
from otel_costing.clickhouse.brought import Brought
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.key_guard import Judged
from otel_costing.clickhouse.native import ColumnTypes, Unencodable, native_block
from otel_costing.clickhouse.questions import Questions
from otel_costing.clickhouse.ready import ReadyBlock, entry_blocks, span_blocks
from otel_costing.clickhouse.repriced_accounts import repriced_batch_id, repriced_columns
from otel_costing.finding import Finding
from otel_costing.ledger import LedgerEntry, digest
from otel_costing.skeleton import Skeleton

_MANY = ("ledger", "spans", "sightings", "repriced_accounts")
"""Tables of as many rows as there are calls or spans."""


class Writing:
    """What a store inserts of a batch."""

    def __init__(self, connection: Connection, questions: Questions) -> None:
        self._connection = connection
        self._questions = questions
        self._types: Mapping[str, ColumnTypes] | None = None

    def ready(self, made: Iterable[ReadyBlock]) -> None:
        """Write blocks as they are."""
        for block in made:
            self._connection.insert_native(block.table, block.columns, block.native, block.token)

    def _insert(self, table: str, data: columns.Columns, token: str) -> None:
        """Write rows of one of `_MANY`, in a block encoded here: the client's own way takes twice the time."""
        if self._types is None:
            self._types = self._questions.column_types(_MANY)
        try:
            block = native_block(data, self._types[table])
        except Unencodable:
            # The client says of which value.
            self._connection.insert(table, data, token=token)
        else:
            self._connection.insert_native(table, tuple(data), block, token)

    def entries(self, entries: Sequence[LedgerEntry], batch_id: str) -> None:
        """Write what is posted."""
        if not entries:
            return
        period_of = partial(columns.billing_period_of, closed=self._questions.closed_periods())
        for block in entry_blocks(entries, batch_id, period_of):
            self._insert(*block)

    def spans(self, spans: Sequence[Skeleton], batch: SealedBatch) -> None:
        """Write skeletons."""
        for block in span_blocks(spans, batch):
            self._insert(*block)

    def sightings(self, sightings: Sequence[LedgerEntry], batch_id: str) -> None:
        """Write what each of several spans said of one call."""
        for block in blocks(sightings, lambda one: columns.month_of_row(one.ended_ns)):
            ids = [field for one in block for field in (one.call_id, one.content_digest)]
            data = columns.entry_columns(block, batch_id, [""] * len(block))
            self._insert("sightings", data, digest("sightings", batch_id, *ids))

    def repriced(self, accounts: Sequence[LedgerEntry], places: Sequence[tuple[int, int]]) -> None:
        """Write what accounts would cost that nothing is charged by, each with its revision and generation."""
        batch_id = repriced_batch_id(accounts, places)
        both = zip(accounts, places, strict=True)
        for block in blocks(both, lambda one: columns.month_of_row(one[0].ended_ns)):
            rows, at = [one for one, _ in block], [place for _, place in block]
            data = repriced_columns(rows, at, batch_id)
            self._insert("repriced_accounts", data, repriced_batch_id(rows, at))

    def findings(self, findings: Sequence[Finding], batch_id: str) -> None:
        """Write the findings that are not there yet."""
        if not findings:
            return
        keys = {finding.call_id: finding.ended_ns for finding in findings}
        known = {row["finding_id"] for row in self._questions.about_calls("known_findings", keys)}
        fresh = {one.finding_id: one for one in findings if one.finding_id not in known}
        for block in blocks(list(fresh.values()), lambda one: columns.month_of_row(one.ended_ns)):
            self._connection.insert(
                "findings",
                columns.finding_columns(block, batch_id),
                token=digest("findings", batch_id, *(one.finding_id for one in block)),
            )

    def rates(self, rates: Sequence[BookedRate]) -> None:
        """Write the rates that are not on record yet."""
        known = self._questions.known_rates({one.rate.id for one in rates}) if rates else ()
        fresh = [one for one in rates if (one.rate.id, one.rates_digest) not in known]
        if fresh:
            ids = [field for one in fresh for field in (one.rate.id, one.rates_digest)]
            token = digest("rates", *ids)
            self._connection.insert("rates", columns.rate_columns(fresh), token=token)

    def batch(self, batch: SealedBatch, booked: int, judged: Judged, brought: Brought) -> None:
        """Write that the batch is in, and what it brought."""
        row = columns.batch_columns(batch, booked, judged.duplicates, len(judged.conflicts))
        row["entries_digest"] = [brought.entries_digest]
        row["entry_keys"] = [list(brought.entry_keys)]
        self._connection.insert("batches", row, token=digest("batches", batch.batch_id))
