"""ClickHouse's own compression of answers, asked for by `compress=1`: pure.

Source: ClickHouse `src/Compression/CompressedWriteBuffer.cpp`: a CityHash 1.0.2 of the rest, the method, two sizes, the data.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator, Mapping

import lz4.block  # type: ignore[import-untyped]  # it has no types
from clickhouse_cityhash.cityhash import CityHash128  # type: ignore[import-untyped]  # it has no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LARGEST_BLOCK_BYTES = 2**20
_HEADER_BYTES = 9


def _lz4(block: bytes) -> bytes:
    compressed: bytes = lz4.block.compress(block, store_size=False)
    return compressed


METHODS: Mapping[str, tuple[int, Callable[[bytes], bytes]]] = {
    "LZ4": (0x82, _lz4),
    "ZSTD": (0x90, zstd.compress),
}
"""By the value of `network_compression_method`."""


def framed(data: bytes, method: str) -> bytes:
    """Return data in compressed frames."""
    return b"".join(_frames(data, *METHODS[method]))


def _frames(data: bytes, number: int, compress: Callable[[bytes], bytes]) -> Iterator[bytes]:
    for begin in range(0, len(data), _LARGEST_BLOCK_BYTES):
        block = data[begin : begin + _LARGEST_BLOCK_BYTES]
        compressed = compress(block)
        head = struct.pack("<BII", number, _HEADER_BYTES + len(compressed), len(block))
        yield _digest(head + compressed) + head + compressed


def _digest(frame: bytes) -> bytes:
    """Two words, the first the lower one, as the server writes them."""
    number: int = CityHash128(frame)
    return struct.pack("<QQ", number >> 64, number & (2**64 - 1))
