"""The same store over the wire: the client's HTTP path, its retries, and answers that get lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse import connection, rollups
from otel_costing.clickhouse.reports import entries_of_trace, report
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import StoreUnavailable
from tests.calls import TRACE, batch, entry, skeleton
from tests.clickhouse.http_front import Front, serving
from tests.clickhouse.tables import copies_kept, rows


@pytest.fixture
def front(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """A server whose ledger is empty; pauses between attempts are cut short."""
    monkeypatch.setattr(connection, "_FIRST_PAUSE_S", 0.0)
    with serving(directory) as front:
        front.client.command("DROP DATABASE IF EXISTS over_http")
        yield front


def test_a_server_books_and_answers_like_the_embedded_engine(front: Front) -> None:
    many = [entry(n, {"input": 100 + n}) for n in range(3_000)]
    with Store.open(front.dsn) as store:
        assert store.book(batch(many, [skeleton(1)], name="many")) == Booked(3_000, 0, 0, 1)
        assert store.book(batch(many[::2], [skeleton(1)], name="half")) == Booked(0, 1_500, 0, 0)
        (row,) = report(store, ["model"])
        assert (row.values, row.calls) == (("m",), 3_000)
        assert row.usd == sum(one.total_usd or 0 for one in many)


def test_a_server_keeps_rollups_too(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "_WORTH_REMOVING", 1)
    monkeypatch.setattr(rollups, "_IDLE_S", 0)
    with Store.open(front.dsn) as store:
        store.book(batch([entry(1), entry(2, trace="b" * 32)], [skeleton(1)]))
        (day,) = store.rebuild_rollups()
        store.rebuild_rollups([day])

        assert rows(store, "SELECT sum(calls), any(ledger_entries) FROM rollup_daily") == [(2, 2)]
        assert rows(store, "SELECT uniqExact(build_id) FROM rollup_rows") == [(1,)]


def test_an_answer_that_is_lost_after_the_commit_books_once(front: Front) -> None:
    with Store.open(front.dsn) as store:
        front.drop_next = 3
        booked = store.book(batch([entry(1), entry(2)], [skeleton(1)]))

        assert booked == Booked(2, 0, 0, 1)
        assert front.drop_next == 0
        assert len(entries_of_trace(store, TRACE)) == 2
        assert copies_kept(store) == 0


def test_a_server_that_never_answers_is_unavailable_and_the_batch_can_be_booked_later(
    front: Front,
) -> None:
    sealed = batch([entry(1), entry(2)])
    with Store.open(front.dsn) as store:
        front.drop_next = 1_000
        with pytest.raises(StoreUnavailable, match="the store does not answer"):
            store.book(sealed)
        front.drop_next = 0
        store.book(sealed)

        assert len(entries_of_trace(store, TRACE)) == 2
        assert copies_kept(store) == 0


def test_what_the_server_rejects_is_not_tried_again(front: Front) -> None:
    with (
        Store.open(front.dsn) as store,
        pytest.raises(Exception, match="no_such_table"),
    ):
        store.connection.query("SELECT * FROM no_such_table")
