"""The ledger in ClickHouse: booking exactly once, and asking. One code path for chdb and for servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

from otel_costing.batch import BookedRate, SealedBatch
from otel_costing.clickhouse import rollups
from otel_costing.clickhouse.blocks import MOST_KEYS
from otel_costing.clickhouse.brought import brought_by
from otel_costing.clickhouse.connection import Connection, connect, dsn_shown
from otel_costing.clickhouse.evaluations import book_evaluations
from otel_costing.clickhouse.key_guard import judge
from otel_costing.clickhouse.migrate import SchemaBehind, check_schema, migrate
from otel_costing.clickhouse.outcomes import book_outcomes
from otel_costing.clickhouse.promotions import promotions
from otel_costing.clickhouse.questions import Questions
from otel_costing.clickhouse.ready import NOTHING_READY, TABLES, ReadyBatch, Shape, ready_batch
from otel_costing.clickhouse.requests import note_requests
from otel_costing.clickhouse.settling import SettleReport, settle_ledger
from otel_costing.clickhouse.span_filter import OfSpan, ids_of
from otel_costing.clickhouse.span_memory import SpanMemory, filter_of
from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.store_settings import refuse_old_server, refuse_unsafe_tables
from otel_costing.clickhouse.target import Embedded, StoreUnavailable
from otel_costing.clickhouse.turns import Turns, turns_of
from otel_costing.clickhouse.writing import Writing
from otel_costing.ledger import LedgerEntry
from otel_costing.promoted import Promoted

__all__ = ["Booked", "Store", "StoreUnavailable"]

_MOST_KEYS_EMBEDDED = 25_000
"""Keys are joined to one text, which is bound in a fraction of the time that a list of them takes."""


class Booked(NamedTuple):
    """What came of booking a batch."""

    booked: int
    """Entries that this batch brought."""
    duplicates: int
    """Entries that the ledger already had, or another span of whose call it had."""
    conflicts: int
    """Entries it had with another content: the first stays."""
    spans: int
    """Skeletons that were new."""
    evaluations: int = 0
    """Evaluations that were new."""
    outcomes: int = 0
    """Outcomes that were new."""


def _span_ids(batch: SealedBatch) -> bytes:
    """Return the ids of all spans that a batch tells of; see `span_filter`."""
    told: Iterable[OfSpan] = (*batch.spans, *batch.entries, *batch.sightings, *batch.findings)
    return ids_of({(one.trace_id, one.span_id) for one in told})


def _bring_up(connection: Connection) -> None:
    refuse_old_server(connection)
    migrate(connection)
    refuse_unsafe_tables(connection)


def _check(connection: Connection, *, bring_up: bool) -> None:
    try:
        check_schema(connection)
    except SchemaBehind:
        if not (bring_up and isinstance(connection.target, Embedded)):
            raise
        _bring_up(connection)


class Store:
    """A handle on one ledger. Threads may share it; a forked child may not use it."""

    def __init__(self, connection: Connection) -> None:
        """Take an open connection to a database at the current schema; use `open`."""
        self.connection = connection
        embedded = connection.target if isinstance(connection.target, Embedded) else None
        # The handles of a process on one directory book one after the other: a job's, and the collector's own.
        self._booking = turns_of(embedded.directory) if embedded else Turns()
        self._memory: SpanMemory | None = None
        self._most_keys = _MOST_KEYS_EMBEDDED if embedded else MOST_KEYS
        self._questions = Questions(self.query, self._most_keys)
        self._writing = Writing(connection, self._questions)
        self._shape: Shape | None = None

    @classmethod
    def open(cls, dsn: str, *, create: bool = True, bring_up: bool = False) -> Self:
        """Open a ledger.

        Args:
            dsn: see `target_of`.
            create: make what is missing: directory, database, tables. Without, a ledger stays as it is.
            bring_up: bring an embedded ledger of an earlier version to this one's schema. A server's is brought up by who may.

        Raises:
            StoreUnavailable: with one sentence that says why and what to do.
        """
        connection = connect(dsn, create=create)
        try:
            if create:
                _bring_up(connection)
            else:
                _check(connection, bring_up=bring_up)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def book(self, batch: SealedBatch) -> Booked:
        """Write what is new in `batch`. Booking any batch again, in any split and order, changes nothing.

        Raises:
            StoreUnavailable: the store did not take all of it; book the same batch again.
        """
        with self._booking:
            self._remember(_span_ids(batch))
            return self._book(batch, on_record=self._questions.is_on_record(batch.batch_id))

    def book_new(self, batch: SealedBatch) -> Booked:
        """Do as `book`, for a batch of which mostly nothing is known: by the way of `book_ready`.

        Raises:
            StoreUnavailable: as with `book`.
        """
        if self._shape is None:
            self._shape = self.shape()
        return self.book_ready(ready_batch(batch, self._shape), lambda: batch)

    def book_ready(self, ready: ReadyBatch, rows: Callable[[], SealedBatch]) -> Booked:
        """Do as `book`; where nothing of the batch is known, by its encoded blocks.

        Args:
            ready: the batch as it was made ready for `shape`.
            rows: the whole batch, asked for only where rows have to be told apart.

        Raises:
            StoreUnavailable: as with `book`.
        """
        with self._booking:
            filtered = filter_of(self.connection.target)
            if ready.blocks is not None and self._questions.is_all_new(ready, filtered):
                self._remember(ready.span_ids + ready.call_ids)
                return self._book(ready.rest, ready, on_record=False)
        return self.book(rows())

    def remember_spans(self) -> None:
        """Keep in memory which spans were ever booked, so that most batches need not be asked about.

        For a process that books for long. Of a server it does nothing: others write to it too.
        """
        target = self.connection.target
        if isinstance(target, Embedded) and self._memory is None:
            self._memory = SpanMemory(target)

    def _remember(self, span_ids: bytes) -> None:
        """Note what is about to be written, whether it will be or not."""
        filtered = filter_of(self.connection.target)
        if filtered is not None and span_ids:
            filtered.add(span_ids)

    def _book(
        self, batch: SealedBatch, ready: ReadyBatch = NOTHING_READY, *, on_record: bool
    ) -> Booked:
        questions, writing = self._questions, self._writing
        spans = questions.seen_spans(batch)
        days = spans.days | note_requests(self.connection, self.query, batch)
        known = questions.known(batch, days, on_record=on_record)
        judged = judge(batch, known)
        if judged.entries or ready.calls:
            writing.rates(batch.rates)
        writing.findings([*judged.findings, *judged.conflicts], batch.batch_id)
        if not on_record:
            writing.sightings([*batch.sightings, *judged.deferred], batch.batch_id)
        writing.entries(judged.entries, batch.batch_id)
        writing.ready(ready.blocks or ())
        writing.spans(spans.fresh, batch)
        evaluations = book_evaluations(self.connection, self.query, batch)
        outcomes = book_outcomes(self.connection, self.query, batch)
        writing.findings(outcomes.conflicts, batch.batch_id)
        booked = len(judged.entries) + judged.begun + ready.calls
        kept = len(spans.fresh) + ready.spans
        has_news = booked or kept or spans.begun or any(evaluations) or any(outcomes[:2])
        if not on_record and has_news:
            begun = (one for one in batch.entries if one.entry_id in known.begun)
            brought = ready.brought.and_of(brought_by((*judged.entries, *begun)))
            writing.batch(batch, booked, judged, brought)
        conflicts = len(judged.conflicts)
        told = evaluations.booked, outcomes.booked
        return Booked(booked, judged.duplicates, conflicts, kept, *told)

    def keep_repriced(
        self,
        accounts: Sequence[LedgerEntry],
        places: Sequence[tuple[int, int]],
        rates: Sequence[BookedRate],
    ) -> None:
        """Write what accounts would cost that nothing is charged by; see `repriced_account`.

        Raises:
            StoreUnavailable: as with `book`.
        """
        with self._booking:
            self._writing.rates(rates)
            self._writing.repriced(accounts, places)

    @property
    def turn(self) -> Turns:
        """To hold while nothing else may be booked; on a server it keeps back this handle alone."""
        return self._booking

    def shape(self) -> Shape:
        """Return what has to be known of this store to make batches ready for it."""
        return Shape(self._questions.column_types(TABLES))

    def rebuild_rollups(self, days: Iterable[date] | None = None) -> list[date]:
        """Bring `rollup_daily` up to the ledger, and return the days that were built; see `rollups.rebuild`.

        Booking leaves it alone: call this when a row of batches is in, and now and then.
        """
        return rollups.rebuild(self.connection, days)

    def settle(
        self,
        *,
        now_ns: int,
        since: datetime | None = None,
        authorities: Iterable[str] | None = None,
    ) -> SettleReport:
        """Settle what came since the last time together with what was known; see `settling.settle_ledger`."""
        return settle_ledger(self, now_ns=now_ns, since=since, authorities=authorities)

    def promotions(self) -> Promoted:
        """Return which resource attributes have a column; see `promotions.promote`."""
        return promotions(self.connection)

    def query(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Answer `queries/<name>.sql`, its parameters bound by the server.

        Raises:
            KeyError: there is no such query.
            StoreUnavailable: the store does not answer.
        """
        names, rows = self.connection.query(query_text(name), parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def columns(
        self, name: str, parameters: Mapping[str, Any] | None = None
    ) -> dict[str, Sequence[Any]]:
        """Do as `query`; the answer by columns, for many rows."""
        return self.connection.columns(query_text(name), parameters)

    @property
    def dsn(self) -> str:
        """Where the ledger is, without a password."""
        return dsn_shown(self.connection.target)

    def close(self) -> None:
        """Let go of the store. Twice is safe."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
