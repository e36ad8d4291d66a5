"""What the filter does not know was never booked; what it may know is asked about."""

from __future__ import annotations

import random
import threading
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.ready import ready_batch
from otel_costing.clickhouse.span_filter import ID_BYTES, SpanFilter, ids_of, spans_of
from otel_costing.clickhouse.span_memory import filter_of
from otel_costing.clickhouse.store import Store
from tests.calls import batch, entry, skeleton
from tests.clickhouse.conftest import SERVER

TINY = 4
"""Words in powers of two: so small that ids collide."""
ids = st.binary(min_size=ID_BYTES, max_size=ID_BYTES)
embedded_only = pytest.mark.skipif(bool(SERVER), reason="a server is written to by others too")


@given(st.lists(ids), st.lists(ids))
def test_what_was_added_is_always_found(first: list[bytes], second: list[bytes]) -> None:
    tiny = SpanFilter(TINY)
    tiny.add(b"".join(first))
    tiny.add(b"".join(second))

    both = b"".join([*second, *first])
    assert tiny.maybe(both) == spans_of(both)


def test_hardly_anything_else_is_found() -> None:
    draw = random.Random(7)  # noqa: S311 - the same ids each time
    large = SpanFilter(16)
    large.add(draw.randbytes(ID_BYTES * 50_000))

    assert len(large.maybe(draw.randbytes(ID_BYTES * 10_000))) < 50


def test_ids_that_are_not_whole_are_left_out() -> None:
    whole = ("ab" * 16, "cd" * 8)

    ids = ids_of([("", ""), whole, ("ab", "cd" * 8)])
    assert ids == b"\xab" * 16 + b"\xcd" * 8
    assert spans_of(ids) == [whole]


def nobody_asks() -> NoReturn:
    raise AssertionError("the rows are needed for nothing")


def remembering(store: Store) -> None:
    """Let a store remember its spans, and wait until it does."""
    store.remember_spans()
    known = filter_of(store.connection.target)
    assert known is not None
    patience = threading.Event()
    for _ in range(200):
        if known.is_whole:
            return
        patience.wait(0.05)
    raise AssertionError("it never had read all")


@embedded_only
def test_new_spans_are_booked_without_a_question_about_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.book(batch([entry(1)], [skeleton(1)], name="before"))
    remembering(store)
    asked: list[str] = []
    query = Connection.query

    def noted(self: Connection, sql: str, parameters: object = None) -> object:
        asked.append(sql)
        return query(self, sql, parameters)  # type: ignore[arg-type]  # passed on

    ready = ready_batch(batch([entry(2)], [skeleton(2)], name="new"), store.shape())
    monkeypatch.setattr(Connection, "query", noted)

    assert store.book_ready(ready, nobody_asks).booked == 1
    assert not [sql for sql in asked if "FROM spans" in sql or "FROM ledger" in sql]


@embedded_only
@pytest.mark.parametrize("table", ["spans", "ledger"])
def test_what_was_there_before_is_known(store: Store, table: str) -> None:
    """Also where booking was cut short between the two tables."""
    before = batch([entry(1)], [skeleton(1)], name="before")
    store.book(before)
    other = {"spans": "ledger", "ledger": "spans"}[table]
    store.connection.command(f"TRUNCATE TABLE {other}")
    remembering(store)

    again = batch([entry(1)], [skeleton(1)], name="again")
    booked = store.book_ready(ready_batch(again, store.shape()), lambda: again)
    assert booked.booked + booked.spans == 1


@embedded_only
def test_what_another_handle_books_meanwhile_is_known(store: Store, shared_dsn: str) -> None:
    remembering(store)
    sealed = batch([entry(3)], [skeleton(3)], name="of a job")
    with Store.open(shared_dsn) as job:
        job.book(sealed)

    again = sealed._replace(batch_id="again")
    assert store.book_ready(ready_batch(again, store.shape()), lambda: again).booked == 0


@embedded_only
def test_a_closed_ledger_is_forgotten_as_others_may_write_to_it(
    store: Store, shared_dsn: str
) -> None:
    with Store.open(shared_dsn) as closing:
        remembering(closing)

    assert filter_of(store.connection.target) is None
