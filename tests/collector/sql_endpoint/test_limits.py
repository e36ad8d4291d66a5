"""Questions do not disturb the writer, nor each other: few at a time, each ended when its asker has left."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from otel_costing.clickhouse.store import Store
from tests.collector.bench import calls
from tests.collector.running import PROTOBUF
from tests.collector.sql_endpoint.conftest import Asked

LONG = b"SELECT sum(sipHash64(number)) FROM numbers(100000000000)"
PLACES = 2
WAITING = 2


@contextmanager
def somebody_asking(asked: Asked, text: bytes) -> Iterator[socket.socket]:
    """Ask without reading the answer."""
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(text)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", asked.sql)) as connection:
        connection.sendall(head + text)
        yield connection


def running(asked: Asked) -> int:
    """How many long queries the engine runs, as it says itself."""
    with Store.open(asked.dsn, create=False) as store:
        query = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'"
        return int(store.connection.query(query).rows[0][0])


def test_a_question_ends_when_its_asker_has_left(asked: Asked) -> None:
    cancelled = asked.counted("sql_queries_total", outcome="cancelled")
    with somebody_asking(asked, LONG):
        asked.until(lambda: running(asked) == 1)

    asked.until(lambda: asked.counted("sql_queries_total", outcome="cancelled") > cancelled)
    assert running(asked) == 0


def test_one_that_waited_and_left_does_not_run_at_all(asked: Asked) -> None:
    with somebody_asking(asked, LONG), somebody_asking(asked, LONG):
        asked.until(lambda: running(asked) == PLACES)
        with somebody_asking(asked, LONG):
            assert running(asked) == PLACES
    asked.until(lambda: running(asked) == 0)
    assert asked.told("SELECT 1") == "1\n"


def test_more_than_may_wait_are_told_to_ask_again(asked: Asked) -> None:
    asked.until(lambda: running(asked) == 0)
    replies = []
    askers = [
        threading.Thread(
            target=lambda: replies.append(asked.ask(LONG + b" SETTINGS max_execution_time = 1"))
        )
        for _ in range(PLACES + WAITING + 2)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    codes = sorted(reply.headers["x-clickhouse-exception-code"] for reply in replies)
    assert codes == ["159"] * (PLACES + WAITING) + ["202"] * 2
    assert {reply.status for reply in replies} == {408, 503}


def test_who_does_not_read_the_answer_does_not_hold_a_place_for_ever(asked: Asked) -> None:
    text = b"SELECT number, repeat('x', 400) AS s FROM numbers(99000) FORMAT Native"
    timed_out = asked.counted("sql_queries_total", outcome="timed_out")
    with somebody_asking(asked, text):
        asked.until(lambda: asked.counted("sql_queries_total", outcome="timed_out") > timed_out)


def test_calls_are_booked_while_every_place_is_taken(asked: Asked) -> None:
    booked = asked.counted("booked_spans_total")
    with somebody_asking(asked, LONG), somebody_asking(asked, LONG):
        asked.until(lambda: running(asked) == PLACES)
        asked.request(body=calls(1), content_type=PROTOBUF)
        asked.until(lambda: asked.counted("booked_spans_total") == booked + 1)
        assert running(asked) == PLACES


def test_a_limit_is_tightened_by_a_question_and_never_lifted(asked: Asked) -> None:
    began = time.monotonic()
    reply = asked.ask(LONG, max_execution_time="1")

    assert reply.headers["x-clickhouse-exception-code"] == "159"
    assert time.monotonic() - began < 3
    limits = "SELECT name, value FROM system.settings WHERE name IN ('max_memory_usage', 'readonly') ORDER BY name"
    lifted = asked.told(limits, max_memory_usage="0", readonly="0")
    assert lifted == asked.told(limits) == f"max_memory_usage\t{200 * 2**20}\nreadonly\t1\n"
