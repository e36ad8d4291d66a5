"""Columns -> a block in ClickHouse's Native format, made without a connection, by whichever process has the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

ColumnTypes = Mapping[str, str]
"""The type of each column of a table, as the table has it."""
_HEAD = b" FORMAT Native\n"
"""The client's block begins with the statement that inserts it."""


class Unencodable(ValueError):  # noqa: N818 - it names the state of the rows, and callers catch it as such
    """A value does not fit its column."""


def native_block(columns: Mapping[str, Sequence[Any]], types: ColumnTypes) -> bytes:
    """Return the bytes of one block.

    Raises:
        Unencodable: a value does not fit its column.
    """
    from clickhouse_connect.driver.insert import InsertContext  # noqa: PLC0415 - an extra

    context = InsertContext(
        "ledger",
        list(columns),
        [_type_of(types[name]) for name in columns],
        list(columns.values()),
        column_oriented=True,
    )
    try:
        encoded = b"".join(map(bytes, _transform().build_insert(context)))
    except Exception as error:
        raise Unencodable(type(error).__name__) from error
    if context.insert_exception is not None:
        raise Unencodable(type(context.insert_exception).__name__)
    return encoded.partition(_HEAD)[2]


@cache
def _type_of(name: str) -> Any:
    from clickhouse_connect.datatypes.registry import get_from_name  # noqa: PLC0415 - an extra

    return get_from_name(name)


@cache
def _transform() -> Any:
    """Return the client's encoder: the compiled one where it is installed, which takes half the time."""
    try:
        from clickhouse_connect.driver.rustcodec import (  # noqa: PLC0415 - it may be missing
            _make_native_transform,
        )

        return _make_native_transform("rust")
    except Exception:  # noqa: BLE001 - no extra, or another release of the client: the plain encoder does the same
        from clickhouse_connect.driver.transform import NativeTransform  # noqa: PLC0415 - an extra

        return NativeTransform()
