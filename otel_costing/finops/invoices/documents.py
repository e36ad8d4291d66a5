"""A file that a provider exported: opened plain or gzipped, and known by the digest of what it holds."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

_PIECE_BYTES = 2**20
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_BOM = b"\xef\xbb\xbf"


class Document(NamedTuple):
    """One file."""

    path: Path
    name: str
    """Its file name, for people."""
    digest: str
    """SHA-256 of its bytes once unpacked, the first 128 bits in hex: packed or not it is one document."""

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open it at its first byte, decompressed; a byte-order mark is left out.

        Raises:
            OSError, EOFError, zlib.error: it cannot be read; the last two while it is read.
        """
        with self.path.open("rb") as file:
            is_gzip = file.read(2) == _GZIP
            file.seek(0)
            if not is_gzip:
                yield _behind_mark(file)
                return
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield _behind_mark(cast("BinaryIO", unpacked))

    def begins_as_parquet(self) -> bool:
        """Tell a Parquet file by its mark."""
        with self.path.open("rb") as file:
            return file.read(len(_PARQUET)) == _PARQUET


def document_of(path: Path) -> Document:
    """Take the digest of a file.

    Raises:
        OSError, EOFError, zlib.error: it cannot be read.
    """
    unread = Document(path, path.name, "")
    state = hashlib.sha256()
    with unread.opened() as file:
        while piece := file.read(_PIECE_BYTES):
            state.update(piece)
    return unread._replace(digest=state.hexdigest()[:32])


def _behind_mark(file: BinaryIO) -> BinaryIO:
    if file.read(len(_BOM)) != _BOM:
        file.seek(0)
    return file
