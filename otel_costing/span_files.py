"""What is in a file of spans: requests of OTLP protobuf, of OTLP JSON, or one of JSON a line, gzipped or not."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, cast

from otel_costing.decoded import Decoded, Undecodable
from otel_costing.otlp import LARGEST_REQUEST_BYTES, decode, decode_json, looks_like_json
from otel_costing.sources import Source

_GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Open a source; what is gzipped reads as what is inside.

    Raises:
        OSError, EOFError, zlib.error: it cannot be read, then or while it is.
    """
    with ExitStack() as stack:
        plain = stack.enter_context(source.open())
        buffered = (
            plain if hasattr(plain, "peek") else io.BufferedReader(cast("io.RawIOBase", plain))
        )
        if buffered.peek(2)[:2] == _GZIP_MAGIC:
            yield cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=buffered)))
        else:
            yield buffered


def requests_of(stream: BinaryIO) -> Iterator[Decoded | Undecodable]:
    """Yield the requests of a file: one of protobuf, one JSON value, or one JSON value a line."""
    first = stream.readline(LARGEST_REQUEST_BYTES + 1)
    if not looks_like_json(first):
        whole = first + stream.read(LARGEST_REQUEST_BYTES + 1 - len(first))
        if not looks_like_json(whole):
            yield decode(whole)
            return
        # Protobuf begins with a byte that reads as a line break, and so may JSON lines.
        stream = cast("BinaryIO", io.BytesIO(whole.lstrip()))
        first = stream.readline()
    request = _line(first, 1)
    if isinstance(request, Decoded):
        yield request
        yield from _lines(stream, 2)
        return
    rest = stream.read(LARGEST_REQUEST_BYTES + 1 - len(first)) + stream.readline()
    yield from _broken_first_line(first, rest, request)
    yield from _lines(stream, 2 + rest.count(b"\n"))


def _broken_first_line(
    first: bytes, rest: bytes, refused: Undecodable
) -> Iterator[Decoded | Undecodable]:
    """Read a value of several lines, or lines of which the first is broken."""
    if not rest.strip():
        yield refused
        return
    try:
        yield decode(first + rest)
    except Undecodable as whole:
        requests = list(_lines(io.BytesIO(rest), 2))
        if any(isinstance(request, Decoded) for request in requests):
            yield refused
            yield from requests
        else:
            yield whole


def _lines(stream: BinaryIO, number: int) -> Iterator[Decoded | Undecodable]:
    while line := stream.readline(LARGEST_REQUEST_BYTES + 1):
        if line.strip():
            yield _line(line, number)
        number += 1


def _line(line: bytes, number: int) -> Decoded | Undecodable:
    try:
        return decode_json(line)
    except Undecodable as refused:
        return Undecodable(f"line {number}: {refused}")
