"""Jobs and their content on disk, in one LMDB file: what a call has returned from is synced.

Content is kept in pieces as they came, is bounded, and is removed with the end of its job.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lmdb

from otel_costing_collector.jobs.record import Job, Received, packed, unpacked

_log = logging.getLogger(__name__)
DIRECTORY = "jobs"
"""Below that of the spool."""
_ROOM_FOR_RECORDS = 64 * 2**20
_PAGE_BYTES = 4096
_DATA_FILE = "data.mdb"


class ShelfFull(Exception):  # noqa: N818 - it names the state of the shelf, and callers catch it as such
    """There is no room for it; nothing changed."""


class Shelf:
    """The file. One process at a time has it, as it has the spool; threads may share it."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        """Open it, or a new one where it is damaged.

        Args:
            directory: its own.
            max_bytes: of content.

        Raises:
            OSError, lmdb.Error: neither can be.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._max_bytes = max_bytes
        room = max_bytes + max_bytes // 8 + _ROOM_FOR_RECORDS
        self._map_bytes = -(-room // _PAGE_BYTES) * _PAGE_BYTES
        self._lock = threading.Lock()
        try:
            self._open()
        except lmdb.Error as damaged:
            _put_aside(directory, damaged)
            self._open()
        with self._reading(self._parts) as reading:
            self._bytes = sum(_received(value).bytes for _, value in reading.cursor())

    def _open(self) -> None:
        self._env = lmdb.open(
            str(self._directory), map_size=self._map_bytes, max_dbs=3, lock=False, readahead=False
        )
        self._jobs = self._env.open_db(b"jobs")
        self._parts = self._env.open_db(b"parts")
        self._pieces = self._env.open_db(b"pieces")

    def put(self, job: Job) -> None:
        """Keep a job as it is now.

        Raises:
            ShelfFull: there is no room.
        """
        with self._writing() as writing:
            writing.put(job.id.encode(), packed(job), db=self._jobs)

    def jobs(self) -> list[Job]:
        """Return all, in the order in which they were asked for."""
        with self._reading(self._jobs) as reading:
            kept = [(bytes(key), bytes(value)) for key, value in reading.cursor()]
        jobs = [job for key, value in kept if (job := _readable(key, value)) is not None]
        return sorted(jobs, key=lambda job: (job.asked_ns, job.id))

    def received(self, job_id: str, number: int) -> Received:
        """Return how much of a part is here."""
        with self._reading(self._parts) as reading:
            kept = reading.get(_key(job_id, number))
            return _received(kept) if kept else Received()

    def append(self, job_id: str, number: int, piece: bytes, after: Received) -> None:
        """Put a piece after what was received of a part before.

        Args:
            job_id: whose.
            number: of the part.
            piece: the bytes; may be empty.
            after: what is received with it.

        Raises:
            ShelfFull: there is no room; nothing of it is kept.
        """
        if self._bytes + len(piece) > self._max_bytes:
            raise ShelfFull(f"the content of jobs is more than jobs.max_bytes, {self._max_bytes}")
        with self._writing() as writing:
            if piece:
                start = after.bytes - len(piece)
                writing.put(_key(job_id, number, start), piece, db=self._pieces)
            writing.put(_key(job_id, number), json.dumps(after).encode(), db=self._parts)
        self._bytes += len(piece)

    def piece(self, job_id: str, number: int, start: int) -> bytes:
        """Return the piece of a part that begins there; nothing at its end."""
        with self._reading(self._pieces) as reading:
            return bytes(reading.get(_key(job_id, number, start)) or b"")

    def clear(self, job_id: str) -> None:
        """Remove the content of a job, a part after the other."""
        prefix = f"{job_id}/".encode()
        while keys := list(self._some(self._pieces, prefix)):
            with self._writing() as writing:
                for key in keys:
                    writing.delete(key, db=self._pieces)
        while keys := list(self._some(self._parts, prefix)):
            with self._writing() as writing:
                kept = [writing.pop(key, db=self._parts) for key in keys]
            self._bytes -= sum(_received(value).bytes for value in kept if value)

    def remove(self, job_id: str) -> None:
        """Forget a job."""
        self.clear(job_id)
        with self._writing() as writing:
            writing.delete(job_id.encode(), db=self._jobs)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._env.close()

    def _some(self, database: Any, prefix: bytes, most: int = 1_000) -> Iterator[bytes]:
        with self._reading(database) as reading:
            cursor = reading.cursor()
            found = cursor.set_range(prefix)
            while found and most and bytes(cursor.key()).startswith(prefix):
                yield bytes(cursor.key())
                found, most = cursor.next(), most - 1

    @contextmanager
    def _reading(self, database: Any) -> Iterator[lmdb.Transaction]:
        with self._lock, self._env.begin(database, buffers=True) as reading:
            yield reading

    @contextmanager
    def _writing(self) -> Iterator[lmdb.Transaction]:
        with self._lock:
            try:
                with self._env.begin(write=True) as writing:
                    yield writing
            except lmdb.MapFullError:
                raise ShelfFull("there is no room for it beside the other jobs") from None
            except lmdb.Error as failed:
                # After a failed write LMDB may refuse everything until it is opened again.
                self._env.close()
                self._open()
                raise ShelfFull(f"the disk does not take it: {failed}") from failed


def _readable(key: bytes, kept: bytes) -> Job | None:
    try:
        return unpacked(kept)
    except (KeyError, TypeError, ValueError) as error:
        why = type(error).__name__
        _log.error("a job is of another version", extra={"job": key.decode(), "why": why})
        return None


def _received(kept: bytes | memoryview) -> Received:
    return Received(*json.loads(bytes(kept)))


def _key(job_id: str, number: int, start: int | None = None) -> bytes:
    piece = "" if start is None else f"/{start:016}"
    return f"{job_id}/{number:08}{piece}".encode()


def _put_aside(directory: Path, damaged: lmdb.Error) -> None:
    """Keep a damaged file under another name: what it held is booked by running its commands again."""
    if not (directory / _DATA_FILE).exists():
        raise damaged
    aside = directory / f"damaged-{time.time_ns()}.mdb"
    (directory / _DATA_FILE).rename(aside)
    _log.error("the jobs' file was damaged", extra={"put_aside": str(aside), "why": str(damaged)})
