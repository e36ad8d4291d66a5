"""What is kept for how long: the trees of old traces go, what they cost stays."""

from __future__ import annotations

import time

import pytest

from otel_costing.clickhouse.store import Store
from tests.calls import SECOND, batch, entry, skeleton
from tests.clickhouse.tables import rows

DAY = 86_400 * SECOND


@pytest.mark.parametrize(("days_ago", "kept"), [(380, 1), (410, 0)])
def test_skeletons_are_kept_for_thirteen_months_and_entries_for_ever(
    store: Store, days_ago: int, kept: int
) -> None:
    received = batch([entry(1)], [skeleton(1)])._replace(
        received_ns=time.time_ns() - days_ago * DAY
    )
    store.book(received)
    for table in ("spans", "ledger"):
        store.connection.command(f"OPTIMIZE TABLE {table} FINAL")

    assert rows(store, "SELECT count() FROM spans") == [(kept,)]
    assert rows(store, "SELECT sum(sign) FROM costs") == [(1,)]
