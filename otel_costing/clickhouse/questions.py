"""What a ledger is asked before it is booked into: which of these are known?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse import columns
from otel_costing.clickhouse.blocks import MOST_KEYS, parts
from otel_costing.clickhouse.key_guard import Known
from otel_costing.clickhouse.key_text import key_text
from otel_costing.clickhouse.ready import ReadyBatch
from otel_costing.clickhouse.span_filter import SpanFilter, spans_of
from otel_costing.clickhouse.sql import Ask
from otel_costing.ledger import AGGREGATE, call_id_of_span
from otel_costing.skeleton import Skeleton

Row = dict[str, Any]


class KeptBefore(NamedTuple):
    """Which of a batch's spans are kept already."""

    fresh: list[Skeleton]
    """Not kept yet."""
    begun: bool
    """Some came in at the instant of this very batch."""
    days: set[date]
    """When those that are kept ended, as their first copy said: their calls may stand under these days."""


class Questions:
    """The questions of booking, to one ledger."""

    def __init__(self, ask: Ask, most_keys: int) -> None:
        """Take what answers, and how many keys it takes at once."""
        self._ask = ask
        self._most_keys = most_keys

    def column_types(self, tables: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the types of the columns of some tables, by table and column."""
        types: dict[str, dict[str, str]] = {table: {} for table in tables}
        for row in self._ask("column_types", {"tables": list(types)}):
            types[row["table"]][row["name"]] = row["type"]
        return types

    def is_on_record(self, batch_id: str) -> bool:
        """Tell whether all of a batch is in."""
        return bool(self._ask("known_batch", {"batch_id": batch_id})[0]["batches"])

    def closed_periods(self) -> frozenset[str]:
        """Return the months in which nothing is billed any more."""
        return frozenset(row["billing_period"] for row in self._ask("closed_periods"))

    def known_rates(self, rate_ids: Iterable[str]) -> set[tuple[str, str]]:
        """Return which of these rates are on record, by rate and book."""
        rows = self._ask("known_rates", {"rate_ids": sorted(rate_ids)})
        return {(row["rate_id"], row["rates_digest"]) for row in rows}

    def seen_spans(self, batch: SealedBatch) -> KeptBefore:
        """Say which skeletons of a batch are new."""
        fresh = {(span.trace_id, span.span_id): span for span in reversed(batch.spans)}
        begun = False
        days = set()
        for part in parts(sorted(fresh), self._most_keys):
            for row in self._ask("known_spans", {"spans": key_text(map("/".join, part))}):
                fresh.pop((row["trace_id"], row["span_id"]), None)
                begun = begun or row["received_ns"] == batch.received_ns
                days.add(row["ended_on"])
        return KeptBefore(list(fresh.values()), begun, days)

    def known(self, batch: SealedBatch, days: Iterable[date], *, on_record: bool) -> Known:
        """Return what the ledger holds of a batch's calls.

        Args:
            batch: the batch.
            days: on which its calls may stand beside the days that they state.
            on_record: whether it is in already.
        """
        keys = {one.call_id: one.ended_ns for one in batch.entries}
        keys.update((one.call_id, one.ended_ns) for one in batch.findings)
        entries = self.about_calls("known_entries", keys, days)
        return Known(
            {row["entry_id"]: row["content_digest"] for row in entries},
            frozenset(row["call_id"] for row in entries),
            self._absorbed(self.about_calls("told_by_others", keys, days)),
            frozenset(
                row["entry_id"]
                for row in entries
                if row["batch_id"] == batch.batch_id and not on_record
            ),
            frozenset(self._with_calls(batch)),
        )

    def _absorbed(self, told: Sequence[Row]) -> dict[str, str]:
        """Return which calls are booked by another account of theirs.

        A finding is written before the entry it points to, so one whose booking was cut short points to nothing.
        Accounts of one call lie within minutes of each other, so the other one ended on the same day or next to it.
        """
        others = dict.fromkeys((row["of_call_id"] for row in told), 0)
        near = {row["ended_on"] + timedelta(days=by) for row in told for by in (-1, 0, 1)}
        booked = {row["call_id"] for row in self.about_calls("known_entries", others, near)}
        return {row["call_id"]: row["of_call_id"] for row in told if row["of_call_id"] in booked}

    def _with_calls(self, batch: SealedBatch) -> Iterator[str]:
        """Yield the traces of aggregates in which calls are known; a correction knows them itself."""
        aggregates = [one for one in batch.entries if one.cause == AGGREGATE and not batch.corrects]
        for part in parts(aggregates, MOST_KEYS):
            asked = {
                "trace_ids": sorted({one.trace_id for one in part}),
                "call_ids": [one.call_id for one in part],
                "batch_id": batch.batch_id,
            }
            yield from (row["trace_id"] for row in self._ask("traces_with_calls", asked))

    def about_calls(
        self, name: str, keys: Mapping[str, int], days: Iterable[date] = ()
    ) -> list[Row]:
        """Return what a query says of calls.

        Args:
            name: of the query.
            keys: call ids, and when each call ended by its span.
            days: others to look under.
        """
        others = frozenset(days)
        by_day = sorted(keys.items(), key=lambda key: (key[1], key[0]))
        return [
            row
            for part in parts(by_day, self._most_keys)
            for row in self._ask(
                name,
                {
                    "days": sorted(others.union(columns.dates_of(end for _, end in part))),
                    "call_ids": key_text(call_id for call_id, _ in part),
                },
            )
        ]

    def is_all_new(self, ready: ReadyBatch, filtered: SpanFilter | None) -> bool:
        """Tell whether nothing of a batch's encoded rows is known, nor of what they are told to be copies of.

        Args:
            ready: the batch.
            filtered: what surely is not known; None where it is to be asked about all.
        """
        if ready.months & self.closed_periods():
            return False
        if filtered is not None and filtered.is_whole and (ready.span_ids or ready.call_ids):
            spans, calls = filtered.maybe(ready.span_ids), filtered.maybe(ready.call_ids)
        elif self.is_on_record(ready.batch_id):
            return False
        else:
            spans, calls = spans_of(ready.span_ids), spans_of(ready.call_ids)
        return not self._any_span(spans) and not self._any_call(calls, ready.days)

    def _any_span(self, spans: Sequence[tuple[str, str]]) -> bool:
        cut = parts(spans, self._most_keys)
        return any(self._ask("known_spans", {"spans": key_text(map("/".join, one))}) for one in cut)

    def _any_call(self, spans: Sequence[tuple[str, str]], days: Sequence[date]) -> bool:
        for part in parts(spans, self._most_keys):
            call_ids = key_text(call_id_of_span(*span) for span in part)
            for name in ("known_entries", "told_by_others"):
                if self._ask(name, {"days": list(days), "call_ids": call_ids}):
                    return True
        return False
