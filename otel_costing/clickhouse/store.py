"""The ledger in ClickHouse: booking exactly once, and asking. One code path for chdb and for servers."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

from otel_costing.batch import BookedRate, SealedBatch
from otel_costing.clickhouse import columns, rollups
from otel_costing.clickhouse.blocks import blocks, parts
from otel_costing.clickhouse.connection import Connection, connect, dsn_shown
from otel_costing.clickhouse.evaluations import book_evaluations
from otel_costing.clickhouse.key_guard import Judged, Known, judge
from otel_costing.clickhouse.key_text import key_text
from otel_costing.clickhouse.migrate import check_schema, migrate
from otel_costing.clickhouse.settling import SettleReport, settle_ledger
from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.store_settings import refuse_old_server, refuse_unsafe_tables
from otel_costing.clickhouse.target import Embedded, StoreUnavailable
from otel_costing.finding import Finding
from otel_costing.ledger import AGGREGATE, LedgerEntry, digest
from otel_costing.skeleton import Skeleton

__all__ = ["Booked", "Store", "StoreUnavailable"]

_MOST_KEYS = 1_500
"""In one question: their text stays under the 128 KiB that a server takes for one parameter."""
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


class _SeenSpans(NamedTuple):
    fresh: list[Skeleton]
    """Not kept yet."""
    begun: bool
    """Some came in at the instant of this very batch."""
    days: set[date]
    """When those that are kept ended, as their first copy said: their calls may stand under these days."""


class Store:
    """A handle on one ledger. Threads may share it; a forked child may not use it."""

    def __init__(self, connection: Connection) -> None:
        """Take an open connection to a database at the current schema; use `open`."""
        self.connection = connection
        self._booking = threading.Lock()
        is_embedded = isinstance(connection.target, Embedded)
        self._most_keys = _MOST_KEYS_EMBEDDED if is_embedded else _MOST_KEYS

    @classmethod
    def open(cls, dsn: str, *, create: bool = True) -> Self:
        """Open a ledger.

        Args:
            dsn: see `target_of`.
            create: make what is missing: directory, database, tables. Without, nothing is written.

        Raises:
            StoreUnavailable: with one sentence that says why and what to do.
        """
        connection = connect(dsn, create=create)
        try:
            if create:
                refuse_old_server(connection)
                migrate(connection)
                refuse_unsafe_tables(connection)
            else:
                check_schema(connection)
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
            on_record = self._is_on_record(batch)
            spans = self._seen_spans(batch)
            judged = judge(batch, self._known(batch, spans.days, on_record=on_record))
            if judged.entries:
                self._insert_rates(batch.rates)
            self._insert_findings([*judged.findings, *judged.conflicts], batch.batch_id)
            if not on_record:
                self._insert_sightings([*batch.sightings, *judged.deferred], batch.batch_id)
            self._insert_entries(judged.entries, batch.batch_id)
            self._insert_spans(spans.fresh, batch)
            evaluations = book_evaluations(self.connection, self.query, batch)
            booked = len(judged.entries) + judged.begun
            has_news = booked or spans.fresh or spans.begun or any(evaluations)
            if not on_record and has_news:
                self._insert_batch(batch, booked, judged)
        return Booked(
            booked,
            judged.duplicates,
            len(judged.conflicts),
            len(spans.fresh),
            evaluations.booked,
        )

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

    def query(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Answer `queries/<name>.sql`, its parameters bound by the server.

        Raises:
            KeyError: there is no such query.
            StoreUnavailable: the store does not answer.
        """
        names, rows = self.connection.query(query_text(name), parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    @property
    def dsn(self) -> str:
        """Where the ledger is, without a password."""
        return dsn_shown(self.connection.target)

    def close(self) -> None:
        """Let go of the store. Twice is safe."""
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

    def _is_on_record(self, batch: SealedBatch) -> bool:
        return bool(self.query("known_batch", {"batch_id": batch.batch_id})[0]["batches"])

    def _known(self, batch: SealedBatch, days: Iterable[date], *, on_record: bool) -> Known:
        keys = {one.call_id: one.ended_ns for one in batch.entries}
        keys.update((one.call_id, one.ended_ns) for one in batch.findings)
        entries = self._about_calls("known_entries", keys, days)
        absorbed = self._about_calls("absorbed_calls", keys, days)
        return Known(
            {row["entry_id"]: row["content_digest"] for row in entries},
            frozenset(row["call_id"] for row in entries),
            {row["call_id"]: row["of_call_id"] for row in absorbed},
            frozenset(
                row["entry_id"]
                for row in entries
                if row["batch_id"] == batch.batch_id and not on_record
            ),
            frozenset(self._with_calls(batch)),
        )

    def _with_calls(self, batch: SealedBatch) -> Iterator[str]:
        """Yield the traces of aggregates in which calls are known; a correction knows them itself."""
        aggregates = [one for one in batch.entries if one.cause == AGGREGATE and not batch.corrects]
        for part in parts(aggregates, _MOST_KEYS):
            asked = {
                "trace_ids": sorted({one.trace_id for one in part}),
                "call_ids": [one.call_id for one in part],
                "batch_id": batch.batch_id,
            }
            yield from (row["trace_id"] for row in self.query("traces_with_calls", asked))

    def _about_calls(
        self, name: str, keys: Mapping[str, int], days: Iterable[date] = ()
    ) -> list[dict[str, Any]]:
        others = frozenset(days)
        by_day = sorted(keys.items(), key=lambda key: (key[1], key[0]))
        return [
            row
            for part in parts(by_day, self._most_keys)
            for row in self.query(
                name,
                {
                    "days": sorted(others.union(columns.dates_of(end for _, end in part))),
                    "call_ids": key_text(call_id for call_id, _ in part),
                },
            )
        ]

    def _seen_spans(self, batch: SealedBatch) -> _SeenSpans:
        fresh = {(span.trace_id, span.span_id): span for span in reversed(batch.spans)}
        begun = False
        days = set()
        for part in parts(sorted(fresh), self._most_keys):
            for row in self.query("known_spans", {"spans": key_text(map("/".join, part))}):
                fresh.pop((row["trace_id"], row["span_id"]), None)
                begun = begun or row["received_ns"] == batch.received_ns
                days.add(row["ended_on"])
        return _SeenSpans(list(fresh.values()), begun, days)

    def _insert_sightings(self, sightings: Sequence[LedgerEntry], batch_id: str) -> None:
        for block in blocks(sightings, lambda one: columns.month_of_row(one.ended_ns)):
            ids = [field for one in block for field in (one.call_id, one.content_digest)]
            self.connection.insert(
                "sightings",
                columns.entry_columns(block, batch_id, [""] * len(block)),
                token=digest("sightings", batch_id, *ids),
            )

    def _insert_entries(self, entries: Sequence[LedgerEntry], batch_id: str) -> None:
        closed = frozenset(row["billing_period"] for row in self.query("closed_periods"))
        for block in blocks(entries, lambda entry: columns.month_of_row(entry.ended_ns)):
            periods = [columns.billing_period_of(entry.occurred_ns, closed) for entry in block]
            ids = [field for entry in block for field in (entry.entry_id, entry.content_digest)]
            self.connection.insert(
                "ledger",
                columns.entry_columns(block, batch_id, periods),
                token=digest("ledger", batch_id, *ids),
            )

    def _insert_spans(self, spans: Sequence[Skeleton], batch: SealedBatch) -> None:
        for block in blocks(spans, lambda span: columns.month_of_row(span.start_ns)):
            ids = [field for span in block for field in (span.trace_id, span.span_id)]
            self.connection.insert(
                "spans",
                columns.span_columns(block, batch.received_ns, batch.batch_id),
                token=digest("spans", batch.batch_id, *ids),
            )

    def _insert_findings(self, findings: Sequence[Finding], batch_id: str) -> None:
        keys = {finding.call_id: finding.ended_ns for finding in findings}
        known = {row["finding_id"] for row in self._about_calls("known_findings", keys)}
        fresh = {one.finding_id: one for one in findings if one.finding_id not in known}
        for block in blocks(list(fresh.values()), lambda one: columns.month_of_row(one.ended_ns)):
            self.connection.insert(
                "findings",
                columns.finding_columns(block, batch_id),
                token=digest("findings", batch_id, *(one.finding_id for one in block)),
            )

    def _insert_rates(self, rates: Sequence[BookedRate]) -> None:
        if not rates:
            return
        asked = {"rate_ids": sorted({one.rate.id for one in rates})}
        known = {(row["rate_id"], row["rates_digest"]) for row in self.query("known_rates", asked)}
        fresh = [one for one in rates if (one.rate.id, one.rates_digest) not in known]
        if fresh:
            ids = [field for one in fresh for field in (one.rate.id, one.rates_digest)]
            self.connection.insert(
                "rates", columns.rate_columns(fresh), token=digest("rates", *ids)
            )

    def _insert_batch(self, batch: SealedBatch, booked: int, judged: Judged) -> None:
        row = columns.batch_columns(batch, booked, judged.duplicates, len(judged.conflicts))
        self.connection.insert("batches", row, token=digest("batches", batch.batch_id))
