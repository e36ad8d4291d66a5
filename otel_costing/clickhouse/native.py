"""Columns -> a block in ClickHouse's Native format, made without a connection, by whichever process has the time."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain, pairwise
from typing import Any, overload

ColumnTypes = Mapping[str, str]
"""The type of each column of a table, as the table has it."""
_HEAD = b" FORMAT Native\n"
"""The client's block begins with the statement that inserts it."""
_ARRAY, _DICTIONARY = "Array(", "LowCardinality("
_DICTIONARY_VERSION_BYTES = 8
"""Stand before the sizes of arrays and not behind them."""


class Unencodable(ValueError):  # noqa: N818 - it names the state of the rows, and callers catch it as such
    """A value does not fit its column."""


class Arrays(Sequence[list[Any]]):
    """The values of a column of arrays, as the format has them: end to end, and where each row's array ends.

    Rows are many and their arrays short: a list made for each takes longer than what is in it.
    """

    def __init__(self, values: list[Any], ends: list[int]) -> None:
        """Take the values of all rows, and how many there are up to the end of each row."""
        self.values = values
        self.ends = ends

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, row: int) -> list[Any]: ...

    @overload
    def __getitem__(self, row: slice) -> list[list[Any]]: ...

    def __getitem__(self, row: int | slice) -> list[Any]:
        return list(self)[row]

    def __iter__(self) -> Iterator[list[Any]]:
        return (self.values[start:end] for start, end in pairwise(chain((0,), self.ends)))


def native_block(columns: Mapping[str, Sequence[Any]], types: ColumnTypes) -> bytes:
    """Return the bytes of one block.

    Raises:
        Unencodable: a value does not fit its column.
    """
    arrays = {name: one for name, one in columns.items() if isinstance(one, Arrays) and one.values}
    plain = {name: list(one) for name, one in columns.items() if name not in arrays}
    rows = len(next(iter(columns.values()))) if columns else 0
    known: list[tuple[str, list[Any], bytes]] = []
    return b"".join(
        (
            _size(len(columns)),
            _size(rows),
            _encoded(plain, types) if plain else b"",
            *(_array_column(name, types[name], one, known) for name, one in arrays.items()),
        )
    )


def _array_column(
    name: str, column_type: str, arrays: Arrays, known: list[tuple[str, list[Any], bytes]]
) -> bytes:
    """Return a column of arrays. Source: ClickHouse, `SerializationArray` and `SerializationLowCardinality`.

    Args:
        name: of the column.
        column_type: `Array(...)`.
        arrays: what is in it, at least one value.
        known: types, values and bytes of earlier ones, which are mostly the list's own prices again.
    """
    of_values = column_type[len(_ARRAY) : -1]
    values = _values(of_values, arrays.values, known)
    first = _DICTIONARY_VERSION_BYTES if of_values.startswith(_DICTIONARY) else 0
    ends = struct.pack(f"<{len(arrays)}Q", *arrays.ends)
    return b"".join((_text(name), _text(column_type), values[:first], ends, values[first:]))


def _values(
    column_type: str, values: list[Any], known: list[tuple[str, list[Any], bytes]]
) -> bytes:
    for earlier_type, earlier, encoded in known:
        if earlier_type == column_type and earlier == values:
            return encoded
    whole = _encoded({"": values}, {"": column_type})
    encoded = whole[len(_text("")) + len(_text(column_type)) :]
    known.append((column_type, values, encoded))
    return encoded


def _size(number: int) -> bytes:
    """Return a number as the format has sizes: seven bits to a byte, lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _size(len(encoded)) + encoded


def _encoded(columns: Mapping[str, list[Any]], types: ColumnTypes) -> bytes:
    """Return columns as they follow on the numbers of columns and rows.

    Raises:
        Unencodable: a value does not fit its column.
    """
    from clickhouse_connect.driver.insert import InsertContext  # noqa: PLC0415 - an extra

    rows = len(next(iter(columns.values())))
    try:
        with _no_tables():
            context = InsertContext(
                "ledger",
                list(columns),
                [_type_of(types[name]) for name in columns],
                list(columns.values()),
                column_oriented=True,
                block_size=max(rows, 1),
            )
            encoded = b"".join(map(bytes, _transform().build_insert(context)))
    except Exception as error:
        raise Unencodable(type(error).__name__) from error
    failed = context.insert_exception
    # It refers to itself, and would keep the columns until somebody looks for cycles.
    vars(context).clear()
    if failed is not None:
        raise Unencodable(type(failed).__name__)
    return encoded.partition(_HEAD)[2][len(_size(len(columns))) + len(_size(rows)) :]


@contextmanager
def _no_tables() -> Iterator[None]:
    """Let the client know of no numpy and pandas, unless it does already.

    To see whether it is given a table of theirs it imports both: a second, and 60 MB.
    """
    from clickhouse_connect.driver import options  # noqa: PLC0415 - an extra

    known: dict[str, Any] = vars(options)
    unknown = [name for name in ("np", "pd") if name not in known]
    known.update(dict.fromkeys(unknown))
    try:
        yield
    finally:
        for name in unknown:
            known.pop(name, None)


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
