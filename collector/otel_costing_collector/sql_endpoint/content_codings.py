"""Answers compressed as HTTP has it, where `enable_http_compression` and `Accept-Encoding` ask for it: pure."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import lz4.frame  # type: ignore[import-untyped]  # it has no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GZIP = zlib.MAX_WBITS | 16
_QUICK = 3


class _Lz4:
    def __init__(self) -> None:
        self._compressor = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def compress(self, data: bytes) -> bytes:
        head: bytes = b"" if self._begun else self._compressor.begin()
        self._begun = True
        body: bytes = self._compressor.compress(data)
        return head + body

    def flush(self) -> bytes:
        head = self.compress(b"")
        end: bytes = self._compressor.flush()
        return head + end


_COMPRESSORS: Mapping[str, Callable[[], Any]] = {
    "zstd": lambda: zstd.ZstdCompressor(_QUICK),
    "lz4": _Lz4,
    "gzip": lambda: zlib.compressobj(_QUICK, wbits=_GZIP),
    "deflate": lambda: zlib.compressobj(_QUICK),
}


def coding_of(accept_encoding: str) -> str:
    """Return the first of a client's codings that is known here; empty for none."""
    for offered in accept_encoding.lower().split(","):
        coding, _, quality = offered.partition(";")
        if coding.strip() in _COMPRESSORS and quality.replace(" ", "") not in {"q=0", "q=0.0"}:
            return coding.strip()
    return ""


def compressor_of(coding: str) -> Any:
    """Return what has `compress` and `flush`."""
    return _COMPRESSORS[coding]()
