"""One request as it lies on disk: marked, numbered, checksummed. Pure.

The mark and the checksum stand in the record itself, so that a damaged file can be searched for whatever is
still whole in it, whichever of its pages are not.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

MARK = b"\x9dOTCspl1"
_HEADER = struct.Struct(">8sQQBBHII")
"""Mark, id, received_ns, kind, encoding, length of sender, length of body, CRC-32 of all but itself."""
HEAD_BYTES = _HEADER.size
_CHECKSUM_BYTES = 4
LONGEST_SENDER_BYTES = 1024


class Kind(IntEnum):
    """What was asked for; the numbers lie on disk."""

    TRACES = 1
    LOGS = 2
    USAGE = 3
    """Usage events, as `otel_costing.usage_events.encoded` writes them."""
    OUTCOMES = 4
    """Outcomes, as `otel_costing.outcome_events.encoded` writes them."""


class Encoding(IntEnum):
    """How the bytes of a request are to be read; the numbers lie on disk."""

    PROTOBUF = 1
    JSON = 2


class SpooledRequest(NamedTuple):
    """A request that was acknowledged and is not booked yet."""

    id: int
    """Ascending in the order of receipt; never given twice in one spool directory."""
    received_ns: int
    kind: Kind
    encoding: Encoding
    sender: str
    """Who sent it, as far as the collector knows; empty without authentication."""
    body: bytes
    """The request as received, decompressed."""


class DamagedRecordError(ValueError):
    """These bytes are no whole record; the message says why in one sentence."""


def pack(request: SpooledRequest) -> bytes:
    """Return the bytes of a record."""
    sender = request.sender.encode()[:LONGEST_SENDER_BYTES]
    head = _HEADER.pack(
        MARK,
        request.id,
        request.received_ns,
        request.kind,
        request.encoding,
        len(sender),
        len(request.body),
        0,
    )[:-_CHECKSUM_BYTES]
    checksum = zlib.crc32(request.body, zlib.crc32(sender, zlib.crc32(head)))
    return b"".join((head, checksum.to_bytes(_CHECKSUM_BYTES), sender, request.body))


def unpack(record: bytes | memoryview) -> SpooledRequest:
    """Read a record; bytes behind its end are left alone.

    Raises:
        DamagedRecordError: it is cut short or was changed.
    """
    view = memoryview(record)
    if len(view) < _HEADER.size or bytes(view[: len(MARK)]) != MARK:
        raise DamagedRecordError("the record does not begin with its mark")
    _, number, received_ns, kind, encoding, sender_bytes, body_bytes, checksum = (
        _HEADER.unpack_from(view)
    )
    body_at = _HEADER.size + sender_bytes
    end = body_at + body_bytes
    if end > len(view):
        raise DamagedRecordError("the record is cut short")
    head = view[: _HEADER.size - _CHECKSUM_BYTES]
    if checksum != zlib.crc32(view[_HEADER.size : end], zlib.crc32(head)):
        raise DamagedRecordError("the record's checksum does not match its bytes")
    try:
        sender = str(view[_HEADER.size : body_at], "utf-8", "replace")
        return SpooledRequest(
            number, received_ns, Kind(kind), Encoding(encoding), sender, bytes(view[body_at:end])
        )
    except ValueError as error:
        raise DamagedRecordError(f"the record is of another version: {error}") from None


def received_ns_of(record: bytes | memoryview) -> int | None:
    """Return when a record was received, or None where its head is damaged; reads nothing else."""
    if len(record) < _HEADER.size or bytes(record[: len(MARK)]) != MARK:
        return None
    received_ns: int = _HEADER.unpack_from(record)[2]
    return received_ns


def whole_records(data: bytes | memoryview, *, mark_at: Iterator[int]) -> Iterator[SpooledRequest]:
    """Yield the whole records that begin at some of the places in `mark_at`."""
    view = memoryview(data)
    for place in mark_at:
        try:
            yield unpack(view[place:])
        except DamagedRecordError:
            continue
