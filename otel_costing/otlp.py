"""OTLP traces, as protobuf or JSON, gzipped or not -> spans. Hostile bytes are refused, never a crash.

A request that cannot be read at all raises `Undecodable` with one sentence. A span that cannot be told from
others (no usable id) is refused by itself and the rest of its request stays, as OTLP's partial success has it.

Source: opentelemetry-proto `docs/specification.md` (JSON: hex ids, 64-bit integers as string or number) and
`trace/v1/trace.proto`. Files written by other means are read too: base64 ids, snake_case names.
"""

from __future__ import annotations

import zlib

from otel_costing.decoded import Decoded, Undecodable
from otel_costing.otlp_json import decode_json

__all__ = [
    "LARGEST_REQUEST_BYTES",
    "Decoded",
    "Undecodable",
    "decode",
    "decode_checked",
    "decode_json",
    "decompressed",
    "looks_like_json",
]

LARGEST_REQUEST_BYTES = 64 * 2**20
"""Of one request, after decompression."""

_GZIP_MAGIC = b"\x1f\x8b"


def decode(body: bytes) -> Decoded:
    """Read one request of unknown encoding.

    Raises:
        Undecodable: it is too large, broken, or something else altogether.
    """
    plain = decompressed(body)
    if looks_like_json(plain):
        return decode_json(plain)
    from otel_costing.otlp_protobuf import decode_protobuf  # noqa: PLC0415 - needs the extra `cli`

    return decode_protobuf(plain)


def decode_checked(body: bytes, names: frozenset[str]) -> Decoded:
    """Read one request that was decoded before, of unknown encoding.

    Args:
        body: the request, decompressed.
        names: the attributes of spans that are asked for; in protobuf the others are left unread.

    Raises:
        Undecodable: it is no request after all.
    """
    if looks_like_json(body):
        return decode_json(body)
    from otel_costing.otlp_protobuf import (  # noqa: PLC0415 - needs the extra `cli`
        decode_checked_protobuf,
    )

    return decode_checked_protobuf(body, names)


def looks_like_json(body: bytes) -> bool:
    """Tell JSON from protobuf by the first byte that is not white space: no message begins with `{`."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def decompressed(body: bytes, largest: int = LARGEST_REQUEST_BYTES) -> bytes:
    """Return the bytes behind gzip, or `body` as it is; never more than `largest` of them.

    Raises:
        Undecodable: broken, cut short, or a bomb.
    """
    if not body.startswith(_GZIP_MAGIC):
        return _within(body, largest)
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = inflate.decompress(body, largest + 1)
    except zlib.error as error:
        raise Undecodable(f"the gzip data is broken: {error}") from None
    if not inflate.eof and len(plain) <= largest:
        raise Undecodable("the gzip data is cut short")
    return _within(plain, largest)


def _within(body: bytes, largest: int) -> bytes:
    if len(body) > largest:
        raise Undecodable(f"a request holds at most {largest} bytes")
    return body
