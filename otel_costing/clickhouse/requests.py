"""The days under which calls stand that requests told of: a copy may state another end, and is the same call still."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.blocks import MOST_KEYS, parts
from otel_costing.clickhouse.columns import Columns, date_of
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.key_text import key_text
from otel_costing.clickhouse.sql import Ask
from otel_costing.ledger import digest
from otel_costing.usage_events import is_told_by_request

_Row = tuple[str, date]


def note_requests(connection: Connection, ask: Ask, batch: SealedBatch) -> set[date]:
    """Note the days of a batch's requests, and return those under which a copy may stand already.

    Noted before the entries are written: what is cut short in between is looked for under a day too many, never too few.
    A correction stands where its call does, and needs nothing.
    """
    accounts = () if batch.corrects else (*batch.entries, *batch.sightings)
    told = {(one.call_id, date_of(one.ended_ns)) for one in accounts if is_told_by_request(one)}
    if not told:
        return set()
    known = _known(ask, {call_id for call_id, _ in told})
    _insert(connection, sorted(told - known), batch.batch_id)
    return {day for _, day in known}


def days_of_call(ask: Ask, call_id: str) -> set[date]:
    """Return the days under which a request's call may stand; none for a call that a span told of."""
    return {day for _, day in _known(ask, (call_id,))}


def _known(ask: Ask, call_ids: Iterable[str]) -> set[_Row]:
    return {
        (row["call_id"], row["ended_on"])
        for part in parts(sorted(call_ids), MOST_KEYS)
        for row in ask("days_of_requests", {"call_ids": key_text(part)})
    }


def _insert(connection: Connection, rows: list[_Row], batch_id: str) -> None:
    if not rows:
        return
    columns: Columns = {
        "call_id": [call_id for call_id, _ in rows],
        "ended_on": [day for _, day in rows],
        "batch_id": [batch_id] * len(rows),
    }
    fields = (field for call_id, day in rows for field in (call_id, day.isoformat()))
    connection.insert("requests", columns, token=digest("requests", batch_id, *fields))
