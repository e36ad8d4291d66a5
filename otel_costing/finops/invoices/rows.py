"""The rows of an export, whatever it is written in: each a mapping of lower-case field names to exact values.

JSON is flattened: `amount: {value: 1}` is the field `amount.value`. A page of buckets gives a row for each result, with
the fields of its bucket beside its own.
"""

from __future__ import annotations

import csv
import io
import json
import math
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO, NamedTuple, cast

from otel_costing.finops.invoices.documents import Document

_LARGEST_JSON_BYTES = 256 * 2**20
_LONGEST_LINE_BYTES = 16 * 2**20
_DEEPEST = 6
_ROWS_AT_ONCE = 10_000
_LISTS = ("data", "rows", "results")


class Unreadable(Exception):  # noqa: N818 - it names the state of the file, and callers catch it as such
    """What stands in a file cannot be read; the message says where and why in one sentence."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(why)
        self.place = place


class Page(NamedTuple):
    """A page of an API's answer was read."""

    place: str
    more_follows: bool


class Row(NamedTuple):
    """One row."""

    place: str
    fields: Mapping[str, Any]
    """By lower-case name: text, whole numbers, decimals, booleans, dates and lists; empty ones are left out."""
    names: Collection[str]
    """Of every field that the row could have."""


def rows_of(document: Document) -> Iterator[Row | Page]:
    """Read a document row by row, and tell of its pages where it has some.

    Raises:
        Unreadable: it, or what follows in it, is no JSON, CSV or Parquet.
    """
    try:
        if document.begins_as_parquet():
            yield from _parquet_rows(document)
            return
        with document.opened() as file:
            head = file.read(1)
            while head.isspace():
                head = file.read(1)
            rest = _Rejoined(head, file)
            yield from (_json_rows if head in b"{[" and head else _csv_rows)(document.name, rest)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(document.name, f"cannot be read: {error}") from None


class _Rejoined(io.RawIOBase):
    """A file of which the first byte was read already."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head = head
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            piece, self._head = self._head, b""
        else:
            piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _csv_rows(name: str, file: io.RawIOBase) -> Iterator[Row]:
    text = io.TextIOWrapper(io.BufferedReader(file), encoding="utf-8", newline="")
    rows = csv.reader(text, strict=True)
    try:
        names = [cell.strip().lower() for cell in next(rows, [])]
        _refuse_repeated(name, names)
        for cells in rows:
            if not cells:
                continue
            place = f"{name}:{rows.line_num}"
            if len(cells) != len(names):
                raise Unreadable(place, f"the row has {len(cells)} cells under {len(names)} names")
            filled = {key: cell for key, cell in zip(names, cells, strict=True) if cell}
            yield Row(place, filled, names)
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unreadable(f"{name}:{rows.line_num}", f"is no CSV in UTF-8: {error}") from None


def _refuse_repeated(name: str, names: list[str]) -> None:
    repeated = sorted({each for each in names if names.count(each) > 1})
    if repeated:
        raise Unreadable(f"{name}:1", f"two columns are called {repeated[0]!r}")


def _json_rows(name: str, file: io.RawIOBase) -> Iterator[Row | Page]:
    lines = cast("BinaryIO", io.BufferedReader(file))
    first = lines.readline(_LONGEST_LINE_BYTES)
    try:
        begun = _exact(first)
    except ValueError:
        begun = None
    if isinstance(begun, dict):
        yield from _rows_in(begun, f"{name}:1")
        yield from _json_lines(name, lines)
        return
    whole = first + lines.read(_LARGEST_JSON_BYTES)
    if len(whole) > _LARGEST_JSON_BYTES:
        raise Unreadable(name, "is over 256 MiB of JSON; write one object a line, or a file a page")
    try:
        yield from _rows_in(_exact(whole), name)
    except ValueError as error:
        raise Unreadable(name, f"is no JSON: {str(error)[:200]}") from None


def _json_lines(name: str, lines: BinaryIO) -> Iterator[Row | Page]:
    for number, line in enumerate(iter(lambda: lines.readline(_LONGEST_LINE_BYTES), b""), start=2):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            value = _exact(line)
        except ValueError as error:
            raise Unreadable(place, f"is no JSON: {str(error)[:200]}") from None
        yield from _rows_in(value, place)


def _exact(text: bytes) -> Any:
    """Read JSON without a float.

    Raises:
        ValueError: it is none, or holds a number that is none.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    except ArithmeticError:
        raise ValueError("it holds a number that no computer can") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _rows_in(value: Any, place: str) -> Iterator[Row | Page]:
    """Find the rows of a page, of a list of pages, of a list of objects, or the object that is one."""
    if isinstance(value, list):
        yield from chain.from_iterable(
            _rows_in(each, f"{place}[{position}]") for position, each in enumerate(value)
        )
        return
    if not isinstance(value, dict):
        raise Unreadable(place, "is no object")
    inner = next((name for name in _LISTS if isinstance(value.get(name), list)), None)
    if inner is None:
        flat = _flat(value)
        yield Row(place, flat, flat.keys())
        return
    about = {} if inner == "data" else _flat({k: v for k, v in value.items() if k != inner})
    if "has_more" in value:
        yield Page(place, value["has_more"] is True)
    for position, each in enumerate(value[inner]):
        for row in _rows_in(each, f"{place}.{inner}[{position}]"):
            yield _under(about, row)


def _under(bucket: Mapping[str, Any], row: Row | Page) -> Row | Page:
    if isinstance(row, Page) or not bucket:
        return row
    fields = {**bucket, **row.fields}
    return row._replace(fields=fields, names=fields.keys())


def _flat(value: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    if depth > _DEEPEST:
        return {}
    flat: dict[str, Any] = {}
    for key, each in value.items():
        name = f"{prefix}{key}".lower()
        if isinstance(each, dict):
            flat.update(_flat(each, f"{name}.", depth + 1))
        elif each is not None and each != "":
            flat[name] = each
    return flat


def _parquet_rows(document: Document) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException  # noqa: PLC0415 - an extra, needed for this format alone
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - as above
    except ImportError:
        raise Unreadable(
            document.name, "is Parquet: pip install 'otel-costing[embedded]', or export CSV"
        ) from None
    try:
        with ParquetFile(document.path) as file:
            names = {name.lower() for name in file.schema_arrow.names}
            number = 0
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                for values in batch.to_pylist():
                    number += 1
                    fields = _flat(_plain(values))
                    yield Row(f"{document.name} row {number}", fields, names | fields.keys())
    except ArrowException as error:
        raise Unreadable(document.name, f"is no Parquet: {str(error)[:200]}") from None


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _exact_value(value) for name, value in values.items()}


def _exact_value(value: Any) -> Any:
    """Return a value of a column; one of doubles by the shortest decimal that is it, as it would stand in CSV."""
    if isinstance(value, float):
        # Not a number stays text, which no amount is read from.
        return Decimal(repr(value)) if math.isfinite(value) else repr(value)
    if isinstance(value, Iterable) and not isinstance(value, str | dict):
        return [_exact_value(each) for each in value]
    if isinstance(value, dict):
        return _plain(value)
    return value if value is None or isinstance(value, str | int | Decimal) else str(value)
