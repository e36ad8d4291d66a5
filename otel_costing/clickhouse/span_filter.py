"""Which spans an embedded ledger has surely never held: a Bloom filter over all that it has ever been given.

To ask the tables about ten thousand random ids reads all of them, however large they have grown. The filter has no
false negative, so what it does not know is new without asking; what it may know is asked for. It holds as long as one
process holds the directory and tells it of all that is written, before that is written.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ID_BYTES = 24
"""A trace id and a span id."""
_WORDS_BITS = 23
"""Of 64 bits each: 64 MiB, which a hundred million spans fill by three quarters."""
HEX_DIGITS = 2 * ID_BYTES
_TRACE = 32
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
"""Odd, and of no meaning: 64-bit fractions of the golden ratio and of primes."""


class OfSpan(Protocol):
    """What stands for a span, or tells of one."""

    @property
    def trace_id(self) -> str:
        """In hex; empty for none."""

    @property
    def span_id(self) -> str:
        """In hex; empty for none."""


def ids_of(spans: Iterable[tuple[str, str]]) -> bytes:
    """Return trace and span ids as bytes, one after the other; what has not both in full is left out."""
    return bytes.fromhex("".join([key for one in spans if len(key := "".join(one)) == HEX_DIGITS]))


def spans_of(ids: bytes) -> list[tuple[str, str]]:
    """Return what `ids_of` was given."""
    text = ids.hex()
    return [
        (text[at : at + _TRACE], text[at + _TRACE : at + HEX_DIGITS])
        for at in range(0, len(text), HEX_DIGITS)
    ]


class SpanFilter:
    """The filter of one directory. Threads may share it."""

    def __init__(self, words_bits: int = _WORDS_BITS) -> None:
        """Begin with nothing in it."""
        import numpy  # noqa: PLC0415, ICN001 - it comes with the embedded engine

        self._numpy: Any = numpy
        self._shift = 64 - words_bits
        self._words: NDArray[np.uint64] = numpy.zeros(2**words_bits, numpy.uint64)
        self._adding = threading.Lock()
        self.is_whole = False
        """Whether all that was there before is in it."""

    def add(self, ids: bytes) -> None:
        """Take ids in."""
        at, bits = self._places(ids)
        with self._adding:
            self._numpy.bitwise_or.at(self._words, at, bits)

    def maybe(self, ids: bytes) -> list[tuple[str, str]]:
        """Return the spans that may be in it; all others are not."""
        at, bits = self._places(ids)
        found = self._numpy.flatnonzero((self._words[at] & bits) == bits)
        return spans_of(b"".join(_id_at(ids, place) for place in found.tolist()))

    def _places(self, ids: bytes) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Return the word of each id, and its four bits in that word."""
        uint64 = self._numpy.uint64
        first, second, third = self._numpy.frombuffer(ids, "<u8").reshape(-1, 3).T
        one, two, three = map(uint64, _MULTIPLIERS)
        mixed = (first ^ (second * one)) * two + third * three
        mixed ^= mixed >> uint64(32)
        mixed *= one
        bits = self._numpy.zeros_like(mixed)
        for place in range(0, 24, 6):
            bits |= uint64(1) << ((mixed >> uint64(place)) & uint64(63))
        return (mixed >> uint64(self._shift)), bits


def _id_at(ids: bytes, place: int) -> bytes:
    return ids[ID_BYTES * place : ID_BYTES * (place + 1)]
