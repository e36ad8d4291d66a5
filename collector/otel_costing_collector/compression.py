"""Compressed bodies -> plain ones, never more than allowed, however small the bomb.

Source: RFC 9110 section 8.4.1 (gzip, and deflate in its zlib wrapper), RFC 9659 (zstd with a window of at most
8 MiB).
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from otel_costing_collector.refusals import Reason, Refused

_GZIP = zlib.MAX_WBITS | 16
_LARGEST_WINDOW_LOG = 23
_BROKEN = (zlib.error, zstd.ZstdError, EOFError)


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


def _zstd() -> _Decompressor:
    options = {int(zstd.DecompressionParameter.window_log_max): _LARGEST_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=options)


_DECOMPRESSORS: Mapping[str, Callable[[], _Decompressor]] = {
    "gzip": lambda: zlib.decompressobj(_GZIP),
    "deflate": zlib.decompressobj,
    "zstd": _zstd,
}
CONTENT_ENCODINGS = ("identity", *_DECOMPRESSORS)


def decompressed(body: bytes, content_encoding: str, most_bytes: int) -> bytes:
    """Return what is behind `content_encoding`, one of `CONTENT_ENCODINGS`.

    Raises:
        Refused: broken, cut short, followed by something else, or more than `most_bytes`.
    """
    if content_encoding == "identity" or not body:
        return body
    try:
        return _all_members(body, _DECOMPRESSORS[content_encoding], most_bytes)
    except _BROKEN as error:
        raise Refused(
            Reason.UNDECODABLE, f"the {content_encoding} data is broken: {error}"
        ) from None


def _all_members(body: bytes, make: Callable[[], _Decompressor], most_bytes: int) -> bytes:
    """Decompress a sequence of members, as gzip and zstd allow."""
    plain = []
    left = most_bytes
    while body:
        member = make()
        part = member.decompress(body, left + 1)
        left -= len(part)
        if left < 0:
            raise too_large(most_bytes)
        if not member.eof:
            raise EOFError("it is cut short")
        plain.append(part)
        body = member.unused_data
    return plain[0] if len(plain) == 1 else b"".join(plain)


def too_large(most_bytes: int) -> Refused:
    """Return the refusal of a body over the limit."""
    return Refused(
        Reason.TOO_LARGE, f"a request holds at most {most_bytes} bytes after decompression"
    )
