"""What a client reads: status, headers and body, as a ClickHouse server writes them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from otel_costing_collector.sql_endpoint.content_codings import coding_of, compressor_of
from otel_costing_collector.sql_endpoint.engine import Part
from otel_costing_collector.sql_endpoint.native_blocks import (
    SERIALIZATION_TOLD_SINCE,
    of_later_revision,
)
from otel_costing_collector.sql_endpoint.native_frames import framed
from otel_costing_collector.sql_endpoint.refusals import SqlRefused
from otel_costing_collector.sql_endpoint.requests import Request

Headers = list[tuple[bytes, bytes]]
_TEXT = "text/plain; charset=UTF-8"
_MEDIA_TYPES = (
    ("JSONEachRow", "application/x-ndjson; charset=UTF-8"),
    ("JSON", "application/json; charset=UTF-8"),
    ("CSV", "text/csv; charset=UTF-8"),
    ("T", "text/tab-separated-values; charset=UTF-8"),
    ("Native", "application/octet-stream"),
    ("RowBinary", "application/octet-stream"),
    ("ArrowStream", "application/vnd.apache.arrow.stream"),
    ("Arrow", "application/vnd.apache.arrow.file"),
    ("Parquet", "application/vnd.apache.parquet"),
    ("XML", "application/xml; charset=UTF-8"),
)
"""By how the format's name begins, the longer names first."""
_NATIVE = "Native"


class Reads(NamedTuple):
    """What answering took."""

    result_rows: int = 0
    result_bytes: int = 0
    read_rows: int = 0
    read_bytes: int = 0

    def and_part(self, part: Part) -> Reads:
        """Return the sum with one part of the answer."""
        return Reads(
            self.result_rows + part.rows,
            self.result_bytes + len(part.data),
            self.read_rows + part.rows_read,
            self.read_bytes + part.bytes_read,
        )

    def as_header(self) -> bytes:
        """Return the value of `X-ClickHouse-Summary`: numbers as texts, as the server has them."""
        return json.dumps({name: str(number) for name, number in self._asdict().items()}).encode()


class Shape:
    """How one answer is written: its revision, its compression, its headers."""

    def __init__(self, request: Request, output_format: str) -> None:
        self._format = output_format
        self._method = request.native_compression
        self._is_later = (
            output_format == _NATIVE and request.protocol_version >= SERIALIZATION_TOLD_SINCE
        )
        self._coding = "" if self._method else coding_of(request.accept_encoding)
        self._compressor = compressor_of(self._coding) if self._coding else None
        self.tag = secrets.token_hex(8)
        """Sixteen characters that no answer can guess: what follows them is an error, and no data."""

    def headers(self) -> Headers:
        """Return those of an answer."""
        headers = [
            (b"content-type", media_type_of(self._format).encode()),
            (b"x-clickhouse-format", self._format.encode()),
            (b"x-clickhouse-exception-tag", self.tag.encode()),
        ]
        if self._coding:
            headers += [(b"content-encoding", self._coding.encode()), (b"vary", b"accept-encoding")]
        return headers

    def written(self, part: Part) -> Part:
        """Return a part as it is sent; in the thread that makes it, for that takes a while.

        Raises:
            SqlRefused: it cannot be told in the revision that was asked for.
        """
        data = of_later_revision(part.data) if self._is_later else part.data
        data = framed(data, self._method) if self._method else self._coded(data)
        return part._replace(data=data)

    def broken_off(self, refused: SqlRefused) -> bytes:
        """Return what ends an answer that had begun: the error, between the tag that the headers announced."""
        text = f"{refused.text}\n"
        block = (
            f"\r\n__exception__\r\n{self.tag}\r\n{text}{len(text.encode())} {self.tag}\r\n"
            "__exception__\r\n"
        )
        return self._coded(block.encode()) + self.end()

    def end(self) -> bytes:
        """Return what is left to send after the last part."""
        ended: bytes = self._compressor.flush() if self._compressor is not None else b""
        return ended

    def _coded(self, data: bytes) -> bytes:
        coded: bytes = self._compressor.compress(data) if self._compressor is not None else data
        return coded


def media_type_of(output_format: str) -> str:
    """Return the media type of a format."""
    found = (media for name, media in _MEDIA_TYPES if output_format.startswith(name))
    return next(found, _TEXT)


def refusal_headers(refused: SqlRefused) -> Headers:
    """Return those of a refusal."""
    return [
        (b"content-type", _TEXT.encode()),
        (b"x-clickhouse-exception-code", str(refused.code).encode()),
    ]


def always(headers: Iterable[tuple[bytes, bytes]], query_id: str) -> Headers:
    """Return headers with those of every answer: nothing of it is a page, whatever a browser thinks."""
    return [
        *headers,
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"x-clickhouse-query-id", query_id.encode()),
    ]
