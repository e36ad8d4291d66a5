"""Native blocks as clients that name a protocol version expect them: pure.

The embedded engine writes Native of revision 0. A client that sends `client_protocol_version`, as clickhouse-go does,
reads of each block what a server of that revision says first, and of each column how it is serialised.
Source: ClickHouse `src/Formats/NativeWriter.cpp`, `src/Core/ProtocolDefines.h`.
"""

from __future__ import annotations

from otel_costing_collector.sql_endpoint.native_types import Reader, skip_column

SERIALIZATION_TOLD_SINCE = 54454
"""`DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION`; before it nothing is added, and clients that probe see that."""
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
"""No overflow rows, no bucket."""
_ORDINARY = b"\x00"


def of_later_revision(blocks: bytes) -> bytes:
    """Return blocks of revision 0 as of revision 54454.

    Raises:
        SqlRefused: a column has a type that is not walked.
    """
    reader = Reader(blocks)
    written = bytearray()
    while reader.at < len(blocks):
        _block(reader, written)
    return bytes(written)


def _block(reader: Reader, written: bytearray) -> None:
    began = reader.at
    columns, rows = reader.number(), reader.number()
    written += _BLOCK_INFO + reader.data[began : reader.at]
    for _ in range(columns):
        began = reader.at
        reader.text()
        of_type = reader.text()
        written += reader.data[began : reader.at] + _ORDINARY
        began = reader.at
        skip_column(reader, of_type, rows)
        written += reader.data[began : reader.at]
