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

_Pair = tuple[str, Any]


class _Reader:
    """Reads attributes, and remembers those whose values come again.

    An attribute that has had hundreds of values has another one in the next span too, such as an id; of such only the
    first are remembered.
    """

    def __init__(self, names: frozenset[str] | None) -> None:
        self._names = names
        self._in_bytes = None if names is None else {name.encode(): name for name in names}
        self._remembered: dict[bytes, _Pair | None] = {}
        self._values: Counter[bytes] = Counter()
        """How many are remembered, by the bytes that an attribute begins with."""

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
        known, names = self._in_bytes, self._names
        pair = _pair(raw, None) if known is None else _wanted(raw, known, names or ())
        if len(raw) > _LARGEST_REMEMBERED_BYTES or (pair and isinstance(pair[1], tuple | dict)):
            return pair
        key = raw[: 2 + raw[1]] if len(raw) > 1 else raw
        if self._values[key] < _MOST_VALUES:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
                self._values.clear()
            self._values[key] += 1
            self._remembered[raw] = pair
        return pair


@lru_cache(maxsize=8)
def reader_of(names: frozenset[str] | None) -> Callable[[Iterable[bytes]], Attributes]:
    """Return what reads a span's attributes.

    Args:
        names: those that are read, the others are left unread; None for all.
    """
    return _Reader(names)


def _wanted(raw: bytes, known: Mapping[bytes, str], names: Container[str]) -> _Pair | None:
    """Read an attribute of a known name; the plain ones, which are nearly all, without the protobuf library."""
    if len(raw) < 2 or raw[0] != _KEY or raw[1] >= _MORE:
        return _pair(raw, names)
    end = 2 + raw[1]
    name = known.get(raw[2:end])
    if name is None:
        # Unless the key comes twice, which nobody writes: then the whole of it tells.
        return None if raw[end : end + 1] == b"\x12" else _pair(raw, names)
    value = _plain(raw, end)
    return _pair(raw, names) if value is None else (name, value)


def _plain(raw: bytes, at: int) -> str | int | None:
    """Return a short text or a small whole number that all from `at` on is the value of, None for anything else."""
    size = len(raw) - at - 2
    if not 2 <= size < _MORE or raw[at] != _VALUE or raw[at + 1] != size:
        return None
    kind = raw[at + 2]
    if kind == _TEXT and raw[at + 3] == size - 2:
        try:
            return raw[at + 4 :].decode()
        except UnicodeDecodeError:
            return None
    return _number(raw[at + 3 :]) if kind == _NUMBER else None


def _number(digits: bytes) -> int | None:
    """Return a number of up to 28 bits, seven to a byte, lowest first, None for anything else."""
    if len(digits) > _LONGEST_NUMBER or digits[-1] >= _MORE:
        return None
    number = 0
    for place, digit in enumerate(digits[:-1]):
        if digit < _MORE:
            return None
        number |= (digit ^ _MORE) << (7 * place)
    return number | digits[-1] << (7 * (len(digits) - 1))


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
