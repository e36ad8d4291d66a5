"""A batch that another process has made ready is booked as its rows would be, and needs no rows as long as all is new."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import SealedBatch
from otel_costing.clickhouse import native
from otel_costing.clickhouse.ready import ready_batch
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.finding import Finding
from otel_costing.ledger import AGGREGATE
from tests.calls import NOON, SECOND, TRACE, batch, entry, skeleton
from tests.clickhouse.dying import dying_at
from tests.clickhouse.tables import copies_kept, emptied, rows

MONTH = 31 * 86_400 * SECOND
STATES = {
    "ledger": "SELECT * EXCEPT booked_at FROM ledger FINAL ORDER BY entry_id",
    "spans": "SELECT * EXCEPT booked_at FROM spans FINAL ORDER BY trace_id, span_id",
    "sightings": "SELECT * EXCEPT booked_at FROM sightings FINAL ORDER BY call_id",
    "findings": "SELECT * EXCEPT found_at FROM findings FINAL ORDER BY finding_id",
    "batches": "SELECT * EXCEPT booked_at FROM batches FINAL ORDER BY batch_id",
}
SAID = Attribution(team="support", workflow="Größe", workflow_run_id="7", user_id="u")
NEW_CALLS = batch(
    [
        entry(1),
        entry(2, {"input": 700, "cache_read": 300}, attribution=SAID)._replace(tags=(("a", "b"),)),
        entry(3, unpriced="unknown_model"),
        entry(4, end_ns=NOON + MONTH)._replace(reported_usd=Decimal("0.5"), reported_by="x"),
    ],
    [skeleton(1), skeleton(2), skeleton(4, start_ns=NOON + MONTH), skeleton(9)],
    name="new calls",
)


def nobody_asks() -> NoReturn:
    raise AssertionError("the rows are needed for nothing")


def stands(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows that count, but for the clock of the store."""
    return {table: rows(store, question) for table, question in STATES.items()}


def book_ready(store: Store, sealed: SealedBatch) -> Booked:
    return store.book_ready(ready_batch(sealed, store.shape()), lambda: sealed)


def test_a_ready_batch_is_booked_as_its_rows_are(store: Store) -> None:
    booked = store.book(NEW_CALLS)
    wanted = stands(store)
    emptied(store)

    ready = ready_batch(NEW_CALLS, store.shape())
    assert store.book_ready(ready, nobody_asks) == booked
    assert stands(store) == wanted


def test_both_encoders_write_the_same_rows(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from clickhouse_connect.driver.transform import NativeTransform

    book_ready(store, NEW_CALLS)
    wanted = stands(store)
    emptied(store)

    monkeypatch.setattr(native, "_transform", NativeTransform)
    book_ready(store, NEW_CALLS)
    assert stands(store) == wanted


def test_where_something_is_known_the_rows_are_told_apart(store: Store) -> None:
    known = batch([entry(2)], [skeleton(9)], name="known")
    store.book(known)

    assert book_ready(store, NEW_CALLS) == Booked(3, 0, 1, 3)
    assert book_ready(store, NEW_CALLS) == Booked(0, 3, 1, 0)
    assert copies_kept(store) == 0


@pytest.mark.parametrize("insert", range(1, 4))
@pytest.mark.parametrize("is_done", [True, False], ids=["after", "before"])
def test_whatever_insert_it_died_at_the_same_ready_batch_completes_it(
    store: Store, insert: int, *, is_done: bool
) -> None:
    store.book(NEW_CALLS)
    wanted = stands(store)
    emptied(store)
    ready = ready_batch(NEW_CALLS, store.shape())

    dying = Store(dying_at(store.connection, insert, is_done=is_done))
    with pytest.raises(StoreUnavailable, match="dead"):
        dying.book_ready(ready, nobody_asks)
    store.book_ready(ready, lambda: NEW_CALLS)

    assert stands(store) == wanted
    assert copies_kept(store) == 0


def test_a_call_whose_month_is_closed_is_billed_in_the_next_open_one(store: Store) -> None:
    store.connection.command(
        "INSERT INTO periods (billing_period, state) VALUES ('2026-11', 'closed')"
    )

    assert book_ready(store, NEW_CALLS).booked == 4
    periods = rows(store, "SELECT DISTINCT billing_period FROM ledger")
    assert periods == [("2026-12",)]


def test_an_agent_whose_calls_are_booked_waits_for_the_settling(store: Store) -> None:
    store.book(batch([entry(1)], [skeleton(1, parent=7)], name="calls"))
    agent = entry(7)._replace(cause=AGGREGATE)
    later = batch([agent, entry(5, trace="b" * 32)], [skeleton(7)], name="agent")
    ready = ready_batch(later, store.shape())

    assert store.book_ready(ready, nobody_asks).booked == 1
    assert rows(store, "SELECT span_id FROM sightings") == [(agent.span_id,)]


def test_a_call_that_a_booked_one_stands_for_is_not_charged_again(store: Store) -> None:
    copy, kept = entry(3), entry(2)
    store.book(batch([copy], [skeleton(3)], name="copy first"))
    found = Finding(
        "wrapper", copy.call_id, kept.call_id, "", TRACE, copy.span_id, copy.ended_ns, "{}"
    )
    later = batch([kept], [skeleton(2)], findings=(found,), name="kept later")

    assert book_ready(store, later).booked == 0
    assert rows(store, "SELECT span_id FROM ledger") == [(copy.span_id,)]


@dataclass(frozen=True)
class _NoText:
    """What no column of text holds."""


def test_a_value_that_fits_no_column_leaves_the_batch_to_the_store(store: Store) -> None:
    poisoned = batch([entry(1), entry(2)._replace(error_type=_NoText())])  # type: ignore[arg-type]  # it is wrong

    ready = ready_batch(poisoned, store.shape())
    assert ready.blocks is None
    assert store.book_ready(ready, lambda: batch([entry(1)])).booked == 1
