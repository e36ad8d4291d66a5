"""How many bytes a column takes in ClickHouse's Native format, by its type: pure.

Source: ClickHouse `src/DataTypes/Serializations`. Types that tell their shape within the data (JSON, Dynamic, Variant,
AggregateFunction) are not walked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from otel_costing_collector.sql_endpoint.refusals import SqlRefused

_WIDTHS = {
    **dict.fromkeys(("Bool", "Int8", "UInt8", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("Int16", "UInt16", "Enum16", "Date", "BFloat16"), 2),
    **dict.fromkeys(("Int32", "UInt32", "Float32", "Date32", "DateTime", "IPv4", "Time"), 4),
    **dict.fromkeys(("Int64", "UInt64", "Float64", "DateTime64", "Time64"), 8),
    **dict.fromkeys(("Int128", "UInt128", "UUID", "IPv6"), 16),
    **dict.fromkeys(("Int256", "UInt256"), 32),
    **{f"Decimal{bits}": bits // 8 for bits in (32, 64, 128, 256)},
}
_DIGITS_OF_BYTES = ((9, 4), (18, 8), (38, 16), (76, 32))
_INTERVAL = re.compile(r"Interval[A-Z][a-z]+")
_ARGUMENT_NAME = re.compile(r"(?:`(?:[^`\\]|\\.)*`|[A-Za-z_]\w*) (?=\w)")
_PIECE = re.compile(r"`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|[(),]|[^`'(),]+")


class Reader:
    """A place in some bytes; whatever is read goes past."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self) -> int:
        """Read a number of seven bits a byte."""
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def fixed(self, size: int) -> int:
        """Read a number of a fixed size."""
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "little")

    def text(self) -> str:
        """Read a text."""
        size = self.number()
        self.at += size
        return self.data[self.at - size : self.at].decode()


def skip_column(reader: Reader, of_type: str, rows: int) -> None:
    """Go past one column of a block.

    Raises:
        SqlRefused: its type is not walked.
    """
    if rows:
        _skip_prefix(reader, of_type)
    _skip(reader, of_type, rows)


def _skip_prefix(reader: Reader, of_type: str) -> None:
    name, arguments = _parted(of_type)
    if name == "LowCardinality":
        reader.at += 8
        return
    for inner in _inner(name, arguments):
        _skip_prefix(reader, inner)


def _skip(reader: Reader, of_type: str, rows: int) -> None:
    if not rows:
        return
    name, arguments = _parted(of_type)
    width = _width(name, arguments)
    if width is not None:
        reader.at += width * rows
    elif name == "String":
        for _ in range(rows):
            size = reader.number()
            reader.at += size
    elif name == "LowCardinality":
        _skip_dictionary(reader, arguments[0], rows)
    else:
        _skip_nested(reader, name, arguments, rows)


def _skip_nested(reader: Reader, name: str, arguments: Sequence[str], rows: int) -> None:
    if name == "Nullable" or (name == "Tuple" and not arguments):
        reader.at += rows
    elif name in {"Array", "Map", "Nested"}:
        reader.at += 8 * (rows - 1)
        rows = reader.fixed(8)
    for inner in _inner(name, arguments):
        _skip(reader, inner, rows)


def _skip_dictionary(reader: Reader, of_type: str, rows: int) -> None:
    name, arguments = _parted(of_type)
    keys_type = arguments[0] if name == "Nullable" else of_type
    index_width = 1 << (reader.fixed(8) & 0xFF)
    _skip(reader, keys_type, reader.fixed(8))
    reader.at += 8 + index_width * rows


def _inner(name: str, arguments: Sequence[str]) -> Iterator[str]:
    """Yield the types that a type holds, in the order of their data."""
    if _width(name, arguments) is not None or name == "String":
        return
    if name == "SimpleAggregateFunction":
        yield arguments[1]
    elif name in {"Nullable", "LowCardinality", "Array", "Map", "Tuple", "Nested"}:
        yield from (
            _ARGUMENT_NAME.sub("", one, count=1) if _is_named(one) else one for one in arguments
        )
    else:
        raise SqlRefused(
            48,
            "NOT_IMPLEMENTED",
            f"the type {name} is not told in Native format of a later protocol",
        )


def _is_named(argument: str) -> bool:
    return _ARGUMENT_NAME.match(argument) is not None


def _width(name: str, arguments: Sequence[str]) -> int | None:
    if name == "FixedString":
        return int(arguments[0])
    if name == "Decimal":
        digits = int(arguments[0])
        return next(size for most, size in _DIGITS_OF_BYTES if digits <= most)
    return 8 if _INTERVAL.fullmatch(name) else _WIDTHS.get(name)


def _parted(of_type: str) -> tuple[str, list[str]]:
    """Part `Map(String, Array(UInt8))` into its name and its arguments."""
    name, _, rest = of_type.partition("(")
    return name, [one for one in _arguments(rest.removesuffix(")")) if one]


def _arguments(text: str) -> Iterator[str]:
    depth = 0
    argument = ""
    for piece in _PIECE.findall(text):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and not depth:
            yield argument.strip()
            argument = ""
        else:
            argument += piece
    yield argument.strip()
