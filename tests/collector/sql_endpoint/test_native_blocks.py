"""Native blocks of a later revision, and ClickHouse's own frames."""

from __future__ import annotations

import struct

import lz4.block  # type: ignore[import-untyped]  # it has no types
import pytest
from clickhouse_cityhash.cityhash import CityHash128  # type: ignore[import-untyped]  # it has no types

from otel_costing.clickhouse.sql import ASKED_WITH_PARAMETERS
from otel_costing_collector.sql_endpoint.native_blocks import of_later_revision
from otel_costing_collector.sql_endpoint.native_frames import framed
from otel_costing_collector.sql_endpoint.native_types import Reader, skip_column
from otel_costing_collector.sql_endpoint.refusals import SqlRefused
from tests.collector.sql_endpoint.conftest import Asked

COLUMNS = (
    "1::UInt8",
    "-1::Int256",
    "'text'",
    "toFixedString('abc', 5)",
    "toDecimal128('1.5', 12)",
    "toDecimal32('1.5', 2)",
    "toDecimal256('1.5', 40)",
    "[1, 2, 3]",
    "emptyArrayString()",
    "[['a'], [], ['b', 'c']]",
    "map('key', 'value')",
    "map('key', toLowCardinality('value'))",
    "(1, 'two', [toNullable(3)])",
    "CAST((1, 'a'), 'Tuple(`odd, name` Int8, plain String)')",
    "tuple()",
    "toLowCardinality('x')",
    "toLowCardinality(toNullable('x'))",
    "[toLowCardinality('x')]",
    "[]::Array(LowCardinality(String))",
    "[map('k', []::Array(LowCardinality(String)))]",
    "toNullable(1)",
    "NULL",
    "now64(9, 'UTC')",
    "now()",
    "today()",
    "toDate32('2026-01-01')",
    "generateUUIDv4()",
    "toIPv4('127.0.0.1')",
    "toIPv6('::1')",
    "true",
    "1.5::Float32",
    "INTERVAL 1 DAY",
    "CAST('a,b', 'Enum8(\\'a,b\\' = 1, \\')\\' = 2)')",
    "CAST('b', 'Enum16(\\'b\\' = 1000)')",
    "[(1, map('k', [toNullable('v')]))]",
)


def blocks(asked: Asked, text: str) -> bytes:
    return asked.ask(text, default_format="Native").body


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("rows", [1, 300])
def test_each_column_is_walked_to_its_last_byte(asked: Asked, column: str, rows: int) -> None:
    """The column after it begins where it ends."""
    told = blocks(asked, f"SELECT {column} AS a, number AS b FROM numbers({rows})")  # noqa: S608 - a question of this test's own
    reader = Reader(told)
    assert (reader.number(), reader.number()) == (2, rows)
    reader.text()
    skip_column(reader, reader.text(), rows)

    assert (reader.text(), reader.text()) == ("b", "UInt64")
    assert len(told) - reader.at == 8 * rows


def test_a_later_revision_says_more_of_each_block_and_each_column(asked: Asked) -> None:
    text = "SELECT 1 AS a, 'x' AS b"
    later = asked.ask(text, default_format="Native", client_protocol_version="54460").body

    assert (
        later
        == b"\x01\x00\x02\xff\xff\xff\xff\x00\x02\x01\x01a\x05UInt8\x00\x01\x01b\x06String\x00\x01x"
    )
    assert asked.ask(text, default_format="Native", client_protocol_version="54405").body == blocks(
        asked, text
    )


def test_every_table_of_the_ledger_is_walked(asked: Asked) -> None:
    tables = set(asked.told("SHOW TABLES").split()) - ASKED_WITH_PARAMETERS

    assert "costs" in tables
    for table in tables:
        told = blocks(asked, f"SELECT * FROM {table}")  # noqa: S608 - as above
        assert len(of_later_revision(told)) >= len(told)


def test_a_type_that_is_not_walked_is_refused_and_not_garbled(asked: Asked) -> None:
    reply = asked.ask(
        "SELECT sumState(1)", default_format="Native", client_protocol_version="54460"
    )

    assert (reply.status, reply.headers["x-clickhouse-exception-code"]) == (501, "48")
    with pytest.raises(SqlRefused, match="Variant"):
        skip_column(Reader(b"1234567890"), "Variant(String, UInt8)", 1)


def test_a_frame_says_its_digest_its_method_and_its_sizes() -> None:
    data = b"dollars " * 200_000
    frame = framed(data, "LZ4")
    plain = b""
    while frame:
        low, high, method, size, plain_size = struct.unpack("<QQBII", frame[:25])
        body = frame[16 : 16 + size]
        digest = CityHash128(body)
        assert (low, high, method) == (digest >> 64, digest & (2**64 - 1), 0x82)
        plain += lz4.block.decompress(body[9:], uncompressed_size=plain_size)
        frame = frame[16 + size :]

    assert plain == data
