"""Spans that wait to be settled together, in little memory however many they are: most of them packed."""

from __future__ import annotations

import pickle
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress

from otel_costing.examined import Examined
from otel_costing.ties import Ties

_UNPACKED = 20_000
"""Spans that are kept as they are: packing takes a fraction of the time that reading them took, and most files are short."""
_PIECE = 1_000
"""Spans that are packed together."""
_FASTEST = 1


class Waiting:
    """Spans without their attributes. They are taken all at once, in parts that no rule of settling joins."""

    def __init__(self) -> None:
        self._unpacked: list[Examined] = []
        self._packed: list[bytes] = []
        self._ties = Ties()

    def __len__(self) -> int:
        return len(self._packed) * _PIECE + len(self._unpacked)

    def add(self, spans: Iterable[Examined]) -> None:
        """Take spans."""
        self._unpacked.extend(spans)
        if len(self._unpacked) >= _UNPACKED:
            self._pack(len(self._unpacked) // _PIECE)

    def take(self, most: int) -> Iterator[Sequence[Examined]]:
        """Yield all that waits, in parts, each in the order in which it came; nothing waits from then on.

        Args:
            most: spans of a part, unless more have to be settled together; or unless few wait, which is one part.
        """
        taken, self._unpacked = self._unpacked, []
        if not self._packed:
            return iter((taken,) if taken else ())
        packed, self._packed = self._packed, []
        ties, self._ties = self._ties, Ties()
        ties.add(taken)
        return _parts(packed, taken, ties.parts(most))

    def _pack(self, pieces: int) -> None:
        end = pieces * _PIECE
        self._ties.add(self._unpacked[:end])
        for start in range(0, end, _PIECE):
            piece = pickle.dumps(self._unpacked[start : start + _PIECE], pickle.HIGHEST_PROTOCOL)
            self._packed.append(zlib.compress(piece, _FASTEST))
        del self._unpacked[:end]


def _parts(
    packed: Sequence[bytes], unpacked: Sequence[Examined], part_of: array[int]
) -> Iterator[Sequence[Examined]]:
    """Yield the parts; a piece is unpacked for each part that it has a span of, one at a time."""
    of_pieces = [part_of[start : start + _PIECE] for start in range(0, len(part_of), _PIECE)]
    of_rest = part_of[len(packed) * _PIECE :]
    for part in range(max(part_of) + 1):
        yield [
            *chain.from_iterable(
                _chosen(_unpacked(piece), of_piece, part)
                for piece, of_piece in zip(packed, of_pieces, strict=False)
                if part in of_piece
            ),
            *_chosen(unpacked, of_rest, part),
        ]


def _chosen(spans: Sequence[Examined], parts: array[int], part: int) -> Iterator[Examined]:
    return compress(spans, map(part.__eq__, parts))


def _unpacked(piece: bytes) -> list[Examined]:
    spans: list[Examined] = pickle.loads(zlib.decompress(piece))  # noqa: S301 - packed by this very process
    return spans
