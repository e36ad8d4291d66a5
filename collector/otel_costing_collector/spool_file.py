"""The spool's file: LMDB with a sync at every commit. Not thread-safe; one thread owns it.

Why LMDB, and what it costs: docs/adr/0007-spool.md. Records above about 2 kB lie on contiguous pages of their
own, which is what lets a damaged file be searched for whole records.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import lmdb

from otel_costing_collector.durable_file import sync_directory
from otel_costing_collector.spool_check import DATA_FILE
from otel_costing_collector.spool_record import (
    HEAD_BYTES,
    DamagedRecordError,
    SpooledRequest,
    pack,
    received_ns_of,
    unpack,
)
from otel_costing_collector.spool_salvage import put_aside, whole_requests

RESERVE_FILE = "reserve"
_RESERVE_BYTES = 4 * 2**20
"""Given up when the disk is so full that not even forgetting works."""
_PAGE_BYTES = 4096
_PAGE_HEAD_BYTES = 16
_LARGEST_SHARED_BYTES = 1900
"""A larger record has pages of its own."""
_NODE_BYTES = 64
_TREE_BYTES = 64 * 2**20
"""Room in the map for the tree above the records and for pages that wait to be reused."""
_MAPPED_BYTES = 16 * 2**20
"""Once so much was read, written or deleted the map is made anew: pages that were looked at count as this process's memory."""
_NEXT_ID = b"next_id"


class SetAside(NamedTuple):
    """A record that could not be read, kept for a person to look at."""

    id: int
    reason: str


class SpoolFile:
    """The records of one directory, by ascending id."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        """Open the file, or make it; a damaged one is put aside and what is whole in it is kept.

        Raises:
            OSError: the directory cannot be written.
            lmdb.Error: nor can the file.
        """
        self._directory = directory
        self._map_bytes = (
            -(-(max_bytes + max_bytes // 8 + _TREE_BYTES) // _PAGE_BYTES) * _PAGE_BYTES
        )
        self._short_of_room = False
        self._opened: lmdb.Environment | None = None
        self.put_aside = put_aside(directory)
        self._open()
        sync_directory(directory)
        if self.put_aside is not None:
            self._salvage(self.put_aside)
        self._measure()
        self._keep_reserve()

    def _open(self) -> None:
        self._passed_bytes = 0
        size = max(self._map_bytes, _size_of(self._directory / DATA_FILE))
        env = lmdb.open(str(self._directory), map_size=size, max_dbs=3, lock=False, readahead=False)
        self._requests = env.open_db(b"requests")
        self._aside = env.open_db(b"set_aside")
        self._counters = env.open_db(b"counters")
        self._opened = env

    @property
    def _env(self) -> lmdb.Environment:
        if self._opened is None:
            self._open()
        assert self._opened is not None  # noqa: S101 - `_open` says it or raises
        return self._opened

    def _salvage(self, damaged: Path) -> None:
        """Take over what is whole; a request forgotten long ago may come back, and was booked before."""
        for requests in whole_requests(damaged):
            with self._env.begin(self._requests, write=True) as writing:
                for request in requests:
                    writing.put(_key(request.id), pack(request))
        with self._env.begin(self._counters, write=True) as writing:
            # The highest number given is lost with the file; one a microsecond since 1970 is beyond it.
            writing.put(_NEXT_ID, _key(time.time_ns() // 1000))

    def _measure(self) -> None:
        with self._env.begin(self._requests) as reading:
            cursor = reading.cursor()
            last = int.from_bytes(cursor.key()) if cursor.last() else -1
            counted = reading.get(_NEXT_ID, db=self._counters)
        self.next_id = max(last + 1, int.from_bytes(counted) if counted else 0)
        self._look()

    def _look(self) -> None:
        """Note what lies there now; of the records only the oldest is read, as whatever is read is mapped."""
        with self._env.begin(self._requests, buffers=True) as reading:
            counted = reading.stat(self._requests)
            cursor = reading.cursor()
            is_any = cursor.first()
            self.oldest_id = int.from_bytes(bytes(cursor.key())) if is_any else None
            self.oldest_ns = received_ns_of(cursor.value()) if is_any else None
        self.requests = counted["entries"]
        pages = counted["branch_pages"] + counted["leaf_pages"] + counted["overflow_pages"]
        self.bytes = counted["psize"] * pages

    def _pass(self, size: int) -> None:
        """Give the map back after so many bytes were read, written or deleted."""
        self._passed_bytes += size
        if self._passed_bytes > _MAPPED_BYTES:
            # What was asked for is done. Where the file cannot be opened now, whoever is next tries again.
            with suppress(lmdb.Error, OSError):
                self._reopen()

    def commit(self, appended: Sequence[SpooledRequest], forgotten: Iterable[int]) -> None:
        """Write and delete in one durable step; all of it or nothing.

        Raises:
            lmdb.Error: it did not fit, or the disk failed; nothing changed.
        """
        before_bytes = self.bytes
        last = appended[-1].id if appended else -1
        try:
            with self._env.begin(self._requests, write=True, buffers=True) as writing:
                removed = sum(writing.delete(_key(number)) for number in forgotten)
                for request in appended:
                    writing.put(_key(request.id), pack(request), append=True)
                if removed:
                    # Else the numbers of forgotten requests would be given again after a restart.
                    following = max(self.next_id, last + 1)
                    writing.put(_NEXT_ID, _key(following), db=self._counters)
        except lmdb.Error as error:
            self._short_of_room = True
            if not isinstance(error, lmdb.MapFullError):
                # After a failed write LMDB may refuse everything until it is opened again.
                self._reopen()
            raise
        self.next_id = max(self.next_id, last + 1)
        self._look()
        self._pass(abs(self.bytes - before_bytes))

    def forget(self, numbers: Sequence[int]) -> None:
        """Delete, durably; on a full disk at the price of the reserve.

        Raises:
            lmdb.Error: not even so.
        """
        try:
            self.commit([], numbers)
        except lmdb.Error:
            (self._directory / RESERVE_FILE).unlink(missing_ok=True)
            self.commit([], numbers)
        self._free()
        self._keep_reserve()

    def _free(self) -> None:
        """Commit once more where there was no room: pages freed by a commit can be used by the second after it."""
        if not self._short_of_room:
            return
        with self._env.begin(self._counters, write=True) as writing:
            writing.put(_NEXT_ID, _key(self.next_id))
        self._short_of_room = False

    def read(self, after: int, most_bytes: int) -> list[SpooledRequest]:
        """Return the requests behind number `after` in order, at least one and then up to `most_bytes`.

        A record that cannot be read is set aside, durably, and skipped.
        """
        found: list[SpooledRequest] = []
        damaged: list[tuple[int, str]] = []
        size = 0
        with self._env.begin(self._requests, buffers=True) as reading:
            for number, record in _from(reading, after + 1):
                size += len(record)
                if size > most_bytes and found:
                    break
                try:
                    found.append(_checked(number, unpack(record)))
                except DamagedRecordError as error:
                    damaged.append((number, str(error)))
        self._set_aside(damaged)
        self._pass(size)
        return found

    def _set_aside(self, damaged: Sequence[tuple[int, str]]) -> None:
        for number, reason in damaged:
            with self._env.begin(self._requests, write=True) as writing:
                record = writing.pop(_key(number)) or b""
                reasoned = reason.encode() + b"\0" + record
                writing.put(_key(number), reasoned, db=self._aside)
        if damaged:
            self._look()

    def set_aside(self) -> list[SetAside]:
        """Return what was set aside and why."""
        with self._env.begin(self._aside) as reading:
            return [
                SetAside(int.from_bytes(key), value.partition(b"\0")[0].decode())
                for key, value in reading.cursor()
            ]

    def _reopen(self) -> None:
        self.close()
        self._open()

    def _keep_reserve(self) -> None:
        # On a full disk there is none until there is room again.
        with suppress(OSError):
            _reserve(self._directory / RESERVE_FILE)

    def close(self) -> None:
        """Let go of the file."""
        env, self._opened = self._opened, None
        if env is not None:
            env.close()


def cost_of(record_bytes: int) -> int:
    """Return what a record of so many bytes takes on disk."""
    if record_bytes <= _LARGEST_SHARED_BYTES:
        return record_bytes + _NODE_BYTES
    return -(-(record_bytes + _PAGE_HEAD_BYTES) // _PAGE_BYTES) * _PAGE_BYTES


def record_cost(request: SpooledRequest) -> int:
    """Return what a request takes on disk."""
    return cost_of(len(request.body) + len(request.sender.encode()) + HEAD_BYTES)


def _key(number: int) -> bytes:
    return number.to_bytes(8)


def _from(reading: lmdb.Transaction, first: int) -> Iterator[tuple[int, bytes | memoryview]]:
    cursor = reading.cursor()
    if cursor.set_range(_key(first)):
        for key, record in cursor:
            yield int.from_bytes(bytes(key)), record


def _checked(number: int, request: SpooledRequest) -> SpooledRequest:
    if request.id != number:
        raise DamagedRecordError(f"the record says it is number {request.id}")
    return request


def _reserve(file: Path) -> None:
    if _size_of(file) < _RESERVE_BYTES:
        with file.open("ab") as stream:
            os.posix_fallocate(stream.fileno(), 0, _RESERVE_BYTES)


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
