"""Booking that is cut short at any point is completed by booking the same batch again."""

from __future__ import annotations

from itertools import islice

import pytest

from otel_costing.batch import BookedRate, SealedBatch
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.finding import Finding
from otel_costing.rates import default_rates
from tests.calls import NOON, SECOND, TRACE, batch, entry, skeleton
from tests.clickhouse.dying import dying_at
from tests.clickhouse.tables import copies_kept, emptied, rows

MONTH = 31 * 86_400 * SECOND
STATES = {
    "ledger": "SELECT * EXCEPT booked_at FROM ledger FINAL ORDER BY entry_id",
    "spans": "SELECT * EXCEPT booked_at FROM spans FINAL ORDER BY trace_id, span_id",
    "findings": "SELECT * EXCEPT found_at FROM findings FINAL ORDER BY finding_id",
    "rates": "SELECT * EXCEPT first_used_at FROM rates FINAL ORDER BY rate_id, rates_digest",
    "batches": "SELECT * EXCEPT booked_at FROM batches FINAL ORDER BY batch_id",
}
BEFORE = batch([entry(1)], [skeleton(1)], name="before")
KEPT, COPY = entry(2), entry(3)
NEW_CALLS = batch(
    [entry(1), KEPT, KEPT, entry(4, end_ns=NOON + MONTH)],
    [skeleton(1), skeleton(2), skeleton(4, start_ns=NOON + MONTH)],
    findings=(
        Finding(
            "wrapper", COPY.call_id, KEPT.call_id, "", TRACE, COPY.span_id, COPY.ended_ns, "{}"
        ),
    ),
    rates=tuple(BookedRate(rate, "b" * 32) for rate in islice(default_rates().rates(), 2)),
    name="new calls",
)
ONLY_SPANS = batch(spans=[skeleton(5), skeleton(6)], name="only spans")


def stands(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows that count, but for the clock of the store."""
    return {table: rows(store, question) for table, question in STATES.items()}


@pytest.mark.parametrize(
    ("sealed", "inserts"), [(NEW_CALLS, 5), (ONLY_SPANS, 2)], ids=["new calls", "only spans"]
)
@pytest.mark.parametrize("is_done", [True, False], ids=["after", "before"])
def test_whatever_insert_it_died_at_booking_again_completes_it(
    store: Store, sealed: SealedBatch, inserts: int, *, is_done: bool
) -> None:
    store.book(BEFORE)
    whole = store.book(sealed)
    wanted = stands(store)
    for insert in range(1, inserts + 1):
        emptied(store)
        store.book(BEFORE)
        with pytest.raises(StoreUnavailable, match="dead"):
            Store(dying_at(store.connection, insert, is_done=is_done)).book(sealed)
        again = Store(store.connection).book(sealed)

        assert stands(store) == wanted, f"insert {insert}"
        assert again[:3] == whole[:3] or insert == inserts, f"insert {insert}"
        assert copies_kept(store) == 0
        assert Store(store.connection).book(sealed)[0] == 0
        assert stands(store) == wanted


def test_an_insert_that_ended_between_two_months_is_completed(store: Store) -> None:
    """The engine commits a block month by month."""
    store.book(BEFORE)
    store.book(NEW_CALLS)
    wanted = stands(store)
    emptied(store)
    store.book(BEFORE)
    with pytest.raises(StoreUnavailable, match="dead"):
        Store(dying_at(store.connection, 3, is_done=False)).book(NEW_CALLS)
    store._writing.entries([KEPT], NEW_CALLS.batch_id)  # noqa: SLF001 - the first of the two months
    store.book(NEW_CALLS)

    assert stands(store) == wanted


def test_there_are_no_more_inserts_to_die_at(store: Store) -> None:
    store.book(BEFORE)

    assert Store(dying_at(store.connection, 6, is_done=False)).book(NEW_CALLS) == Booked(2, 2, 0, 2)
    assert Store(dying_at(store.connection, 3, is_done=False)).book(ONLY_SPANS)[3] == 2
