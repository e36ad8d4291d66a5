"""Attributes of OTLP in protobuf -> attributes by key. Those of a span are read from their bytes, mostly by remembering.

Source of the wire: protobuf's encoding guide, and `common/v1/common.proto` of opentelemetry-proto: a `KeyValue` has the
key in field 1 and an `AnyValue` in field 2, which has a text in field 1 and a whole number in field 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from functools import lru_cache
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from otel_costing.decoded import DEEPEST_VALUE
from otel_costing.spans import Attributes

_LARGEST_REMEMBERED_BYTES = 128
_MOST_REMEMBERED = 16_384
_MOST_VALUES = 256
"""Of one attribute."""
_KEY, _VALUE, _TEXT, _NUMBER = 0x0A, 0x12, 0x0A, 0x18
"""Tags: a field's number and how it is encoded."""
_MORE = 0x80
"""In a byte of a number: another follows."""
_LONGEST_NUMBER = 4
_TEXT_HEADS = {size: bytes((_VALUE, size - 2, _TEXT, size - 4)) for size in range(4, _MORE + 2)}
_NUMBER_HEADS = {size: bytes((_VALUE, size - 2, _NUMBER)) for size in range(4, 4 + _LONGEST_NUMBER)}
"""What stands before a text, or a number, by the bytes from there to the end of its attribute."""

_Pair = tuple[str, Any]


class _Reader:
    """Reads attributes, and remembers those whose values come again.

    An attribute that has had hundreds of values has another one in the next span too, such as an id; of such only the
    first are remembered.
    """

    def __init__(self, names: frozenset[str] | None) -> None:
        self._names = names
        self._known = None if names is None else {_beginning(name): name for name in names}
        self._remembered: dict[bytes, _Pair | None] = {}
        self._values: Counter[bytes] = Counter()
        """How many are remembered, by the bytes that an attribute begins with."""
        self._varying: set[bytes] = set()
        """Those of which no more are."""

    def __call__(self, all_raw: Iterable[bytes]) -> Attributes:
        """Return the attributes of one span."""
        attributes = {}
        remembered = self._remembered
        for raw in all_raw:
            try:
                pair = remembered[raw]
            except KeyError:
                pair = self._read(raw)
            if pair is not None:
                attributes[pair[0]] = pair[1]
        return attributes

    def _read(self, raw: bytes) -> _Pair | None:
        key = raw[: 2 + raw[1]] if len(raw) > 1 else raw
        known, names = self._known, self._names
        pair = _pair(raw, None) if known is None else _wanted(raw, key, known, names or ())
        if key not in self._varying:
            self._remember(raw, key, pair)
        return pair

    def _remember(self, raw: bytes, key: bytes, pair: _Pair | None) -> None:
        if len(raw) > _LARGEST_REMEMBERED_BYTES or (pair and isinstance(pair[1], tuple | dict)):
            return
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
            self._values.clear()
            self._varying.clear()
        self._remembered[raw] = pair
        self._values[key] += 1
        if self._values[key] >= _MOST_VALUES:
            self._varying.add(key)


def _beginning(name: str) -> bytes:
    """Return what an attribute of a short name begins with; no attribute begins with what comes of a longer one."""
    key = name.encode()
    return bytes((_KEY, len(key) % _MORE)) + key


@lru_cache(maxsize=8)
def reader_of(names: frozenset[str] | None) -> Callable[[Iterable[bytes]], Attributes]:
    """Return what reads a span's attributes.

    Args:
        names: those that are read, the others are left unread; None for all.
    """
    return _Reader(names)


def _wanted(
    raw: bytes, key: bytes, known: Mapping[bytes, str], names: Container[str]
) -> _Pair | None:
    """Read an attribute of a known name; the plain ones, which are nearly all, without the protobuf library.

    Args:
        raw: all of it.
        key: what it begins with: the tag, the length and, if that is one byte, the text of its key.
        known: names by what their attributes begin with.
        names: the same, the long ones too.
    """
    end = len(key)
    name = known.get(key)
    if name is None:
        # Unless the key comes twice, which nobody writes: then the whole of it tells.
        is_other = raw[:1] == b"\n" and key[1:2] < b"\x80" and raw[end : end + 1] == b"\x12"
        return None if is_other else _pair(raw, names)
    value = _plain(raw, end)
    return _pair(raw, names) if value is None else (name, value)


def _plain(raw: bytes, at: int) -> str | int | None:
    """Return a short text or a small whole number that all from `at` on is the value of, None for anything else."""
    size = len(raw) - at
    if raw.startswith(_TEXT_HEADS.get(size, b"none"), at):
        try:
            return raw[at + 4 :].decode()
        except UnicodeDecodeError:
            return None
    return _number(raw[at + 3 :]) if raw.startswith(_NUMBER_HEADS.get(size, b"none"), at) else None


def _number(digits: bytes) -> int | None:
    """Return a number of up to 28 bits, seven to a byte, lowest first, None for anything else."""
    *lower, last = digits
    if last >= _MORE:
        return None
    number = last
    for digit in reversed(lower):
        if digit < _MORE:
            return None
        number = number << 7 | digit ^ _MORE
    return number


def _pair(raw: bytes, names: Container[str] | None) -> _Pair | None:
    read = KeyValue.FromString(raw)
    value = _pb_value(read.value, DEEPEST_VALUE)
    is_wanted = names is None or read.key in names
    return (read.key, value) if is_wanted and value is not None else None


def pb_attributes(pairs: Any) -> Attributes:
    """Return attributes by key; what has no value, or one of an unknown kind, is left out."""
    attributes = {}
    for pair in pairs:
        value = _pb_value(pair.value, DEEPEST_VALUE)
        if value is not None:
            attributes[pair.key] = value
    return attributes


def _pb_value(value: Any, depth: int) -> Any:
    held = value.WhichOneof("value")
    if held == "string_value":
        return value.string_value
    if held in {"int_value", "double_value", "bool_value"}:
        return getattr(value, held)
    if held == "array_value" and depth:
        return tuple(_pb_value(one, depth - 1) for one in value.array_value.values)
    if held == "kvlist_value" and depth:
        return {one.key: _pb_value(one.value, depth - 1) for one in value.kvlist_value.values}
    return None
