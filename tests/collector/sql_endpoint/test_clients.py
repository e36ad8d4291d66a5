"""The clients that people have: clickhouse-connect, and this project's own store and commands."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.store import Store
from tests.cli.conftest import Command, command
from tests.collector.bench import TRACE
from tests.collector.sql_endpoint.conftest import CALL_USD, CALLS, Asked

__all__ = ["command"]
READING = (
    "cost_by_dimensions",
    "retries",
    "attribution_coverage",
    "calls_by_emitter",
    "compared_periods",
    "promoted_attributes",
    "unsettled_traces",
    "superseded_rollups",
    "conflicts",
)

BREAKS_OFF = "SELECT throwIf(number = 90000) FROM numbers(99000) SETTINGS max_block_size = 1000"


@pytest.fixture
def client(asked: Asked) -> Iterator[Any]:
    """A client as it is made by default, compression and all."""
    made = clickhouse_connect.get_client(host="127.0.0.1", port=asked.sql)
    yield made
    made.close()


def test_rows_parameters_and_types_are_those_of_a_server(client: Any) -> None:
    hostile = "it's\n\t\\ {x} 'q'"
    asked = client.query(
        "SELECT {text:String}, {many:Array(UInt8)}, sum(total_usd) FROM costs",
        {"text": hostile, "many": [1, 2]},
    )

    assert asked.result_rows == [(hostile, [1, 2], CALLS * Decimal(CALL_USD))]
    assert client.query("SELECT 1 AS a WHERE 0").result_rows == []
    assert client.query("SELECT team FROM costs LIMIT 0").column_names == ("team",)
    assert client.command("SELECT count() FROM costs") == CALLS
    assert client.ping()


def test_frames_and_arrow_tables_come_whole(client: Any) -> None:
    frame = client.query_df("SELECT * FROM costs")

    assert (len(frame), frame["total_usd"].sum()) == (CALLS, CALLS * Decimal(CALL_USD))
    assert client.query_arrow("SELECT * FROM numbers(100000)").num_rows == 100_000


def test_many_rows_stream_and_an_error_among_them_is_told(client: Any) -> None:
    with client.query_row_block_stream(
        "SELECT number, toString(number) FROM numbers(100000)"
    ) as stream:
        assert sum(len(block) for block in stream) == 100_000
    with pytest.raises((DatabaseError, StreamFailureError), match="throwIf"):
        client.query(BREAKS_OFF).result_rows  # noqa: B018 - it is read when it is looked at


def test_what_writes_is_refused(client: Any) -> None:
    with pytest.raises(DatabaseError, match="READONLY"):
        client.command("TRUNCATE TABLE ledger")
    with pytest.raises(DatabaseError, match="READONLY"):
        client.raw_insert("batches", ["batch_id"], "x\n", fmt="TSV")


def test_the_store_reads_through_it_as_it_reads_a_server(asked: Asked) -> None:
    with Store.open(f"http://127.0.0.1:{asked.sql}/asked", create=False) as store:
        entries = store.query("entries_of_trace", {"trace_id": TRACE.hex()})

    assert [entry["total_usd"] for entry in entries] == [Decimal(CALL_USD)] * CALLS


@pytest.mark.parametrize(
    "arguments",
    [["report", "--by", "model"], ["trace", TRACE.hex()], ["coverage"], ["paths"], ["runs"]],
    ids=lambda one: one[0],
)
def test_the_commands_say_the_same_through_it(
    asked: Asked, command: Command, arguments: list[str]
) -> None:
    through, itself = (
        command(*arguments, "--dsn", dsn, "--format", "json")
        for dsn in (f"http://127.0.0.1:{asked.sql}/asked", asked.dsn)
    )

    assert (through.status, through.out) == (0, itself.out)


@pytest.mark.parametrize("name", READING)
def test_every_query_of_ours_that_reads_passes_the_policy(asked: Asked, name: str) -> None:
    """None of them may need a door that the policy keeps shut."""
    reply = asked.ask(f"EXPLAIN AST {query_text(name)}")

    assert b"not allowed" not in reply.body
    assert b"no question" not in reply.body


def test_every_query_in_the_documents_passes_the_policy(asked: Asked) -> None:
    text = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
    queries = [block.split("```")[0] for block in text.split("```sql\n")[1:]]

    assert queries
    for query in queries:
        if query.lstrip().upper().startswith(("SELECT", "WITH")):
            assert asked.ask(query, param_call_id="x", param_day="2026-01-01").status == 200, query
