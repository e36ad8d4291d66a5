"""Where acknowledged requests lie until they are booked: durable, bounded, in order.

One thread owns the file and does everything asked of it; requests that wait while it syncs are committed
together by the next sync, so many senders share one. Nothing here blocks an event loop.
"""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import lmdb

from otel_costing.held_directory import HeldElsewhere, hold
from otel_costing_collector.spool_file import SetAside, SpoolFile, cost_of, record_cost
from otel_costing_collector.spool_record import Encoding, Kind, SpooledRequest

LOCK_FILE = "lock"
RETRY_SECONDS = 1
"""What a sender is told when the spool is full: Python's exporters drop a batch that should wait longer."""
_LARGEST_COMMIT_BYTES = 32 * 2**20
_MOST_TOGETHER = 4096
_READ_BYTES = 8 * 2**20
_FAILURE_SECONDS = 5


class SpoolUnusable(Exception):  # noqa: N818 - it names the state of the directory, and callers catch it as such
    """The directory cannot hold a spool; the message says why in one sentence."""


class SpoolFull(Exception):  # noqa: N818 - it names the state of the spool, and callers catch it as such
    """The request is not stored: there is no room, or the disk failed. Send it again in `retry_seconds`."""

    retry_seconds = RETRY_SECONDS


class SpoolState(NamedTuple):
    """What lies in the spool now."""

    requests: int
    bytes: int
    """On disk, in pages."""
    max_bytes: int
    oldest_ns: int | None
    """When the oldest request was received, nanoseconds since 1970 UTC; None where there is none."""
    oldest_id: int | None = None
    """Its number."""


class _Append(NamedTuple):
    request: SpooledRequest
    cost: int
    done: Future[int]


class _Call(NamedTuple):
    """Anything else that is asked of the file; None ends the thread."""

    work: Callable[[], Any] | None
    done: Future[Any]


class Spool:
    """A spool directory, held by this process alone."""

    def __init__(
        self,
        directory: Path,
        max_bytes: int,
        *,
        committed: Callable[[int, float], None] | None = None,
    ) -> None:
        """Open the directory, or make it.

        Args:
            directory: on a disk that keeps what was synced.
            max_bytes: what it may take; a request beyond is refused with `SpoolFull`.
            committed: told after each commit how many bytes it stored and how many seconds it took.

        Raises:
            SpoolUnusable: another process holds it, or it cannot be written.
        """
        self._max_bytes = max_bytes
        self._committed = committed or (lambda _bytes, _seconds: None)
        self._lock = _locked(directory)
        try:
            self._file = SpoolFile(directory, max_bytes)
        except (OSError, lmdb.Error) as error:
            os.close(self._lock)
            raise SpoolUnusable(f"{directory} cannot hold a spool: {error}") from None
        self.put_aside = self._file.put_aside
        """Where a damaged file of an earlier run lies now; what was whole in it is in the spool again."""
        self._guard = threading.Lock()
        self._arrived = threading.Condition(self._guard)
        self._waiting_bytes = 0
        self._last_id = self._file.next_id - 1
        self._asked: queue.SimpleQueue[_Append | _Call] = queue.SimpleQueue()
        self._closed = False
        self._failed_at = -math.inf
        self._thread = threading.Thread(target=self._serve, name="spool", daemon=True)
        self._thread.start()

    def append(
        self,
        body: bytes,
        kind: Kind,
        *,
        encoding: Encoding = Encoding.PROTOBUF,
        sender: str = "",
        received_ns: int,
    ) -> Future[int]:
        """Store a request; the future holds its id once it is on disk, or `SpoolFull`.

        Args:
            body: the request, decompressed.
            kind: what was asked for.
            encoding: how to read it.
            sender: who sent it, as far as known.
            received_ns: when, nanoseconds since 1970 UTC.
        """
        request = SpooledRequest(-1, received_ns, kind, encoding, sender, body)
        asked = _Append(request, record_cost(request), Future())
        # It cannot be cancelled any more: it may be on disk already.
        asked.done.set_running_or_notify_cancel()
        with self._guard:
            refused = self._closed or (
                self._file.bytes + self._waiting_bytes + asked.cost > self._max_bytes
            )
            if not refused:
                self._waiting_bytes += asked.cost
                self._asked.put(asked)
        if refused:
            asked.done.set_exception(SpoolFull("the spool is full"))
        return asked.done

    def unbooked(self, after: int = -1, most_bytes: int = _READ_BYTES) -> list[SpooledRequest]:
        """Return requests behind number `after` in order: one, and more up to `most_bytes`. Blocks.

        A record that cannot be read is set aside, see `set_aside`, and never seen here.
        """
        requests: list[SpooledRequest] = self._ask(lambda: self._file.read(after, most_bytes))
        return requests

    def wait_for_more(self, after: int, timeout_seconds: float) -> bool:
        """Wait until a request behind number `after` is stored, and tell whether one is. Blocks."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self._last_id > after, timeout_seconds)

    def last_id(self) -> int:
        """Return the number of the request that was stored last, still there or not; -1 before the first."""
        with self._arrived:
            return self._last_id

    def forget(self, numbers: Iterable[int]) -> None:
        """Delete requests that are booked, durably; unknown numbers are none of its business. Blocks.

        Raises:
            SpoolFull: the disk failed; they are still there.
        """
        forgotten = list(numbers)
        try:
            self._ask(lambda: self._file.forget(forgotten))
        except lmdb.Error as error:
            raise SpoolFull(f"nothing could be deleted: {error}") from None

    def set_aside(self) -> list[SetAside]:
        """Return which records could not be read, and why. Blocks."""
        records: list[SetAside] = self._ask(self._file.set_aside)
        return records

    def state(self) -> SpoolState:
        """Return what lies in the spool, without waiting for anything."""
        file = self._file
        return SpoolState(
            file.requests, file.bytes, self._max_bytes, file.oldest_ns, file.oldest_id
        )

    def ailing(self) -> str:
        """Return why nothing will be stored any more; empty where the spool is well."""
        return "" if self._thread.is_alive() else "the spool's thread has ended"

    def refusing(self, size: int) -> str:
        """Return why a request of `size` bytes would be refused now; empty where it would not."""
        state = self.state()
        if state.bytes + cost_of(size) > state.max_bytes:
            return "the spool is full"
        # Only for a while: who is not ready is sent nothing, and would never learn that the disk is well again.
        if time.monotonic() - self._failed_at < _FAILURE_SECONDS:
            return "the disk did not take the last requests"
        return ""

    def close(self) -> None:
        """Commit what was asked for, let go of the directory. Twice is safe."""
        with self._guard:
            already, self._closed = self._closed, True
        if already:
            return
        self._asked.put(_Call(None, Future()))
        self._thread.join()
        self._file.close()
        os.close(self._lock)

    def _ask(self, work: Callable[[], Any]) -> Any:
        call = _Call(work, Future())
        with self._guard:
            if self._closed:
                raise SpoolUnusable("the spool is closed")
            self._asked.put(call)
        return call.done.result()

    def _serve(self) -> None:
        following: _Call | None = None
        while True:
            appends: list[_Append] = []
            if following is None:
                following = self._gather(appends)
            if appends:
                self._commit(appends)
            if following is not None:
                if following.work is None:
                    return
                _answer(following)
                following = None

    def _gather(self, appends: list[_Append]) -> _Call | None:
        """Fill `appends` with what waits, up to one commit; return what was asked for in between."""
        asked = self._asked.get()
        size = 0
        while isinstance(asked, _Append):
            appends.append(asked)
            size += asked.cost
            if size >= _LARGEST_COMMIT_BYTES or len(appends) >= _MOST_TOGETHER:
                return None
            try:
                asked = self._asked.get_nowait()
            except queue.Empty:
                return None
        return asked

    def _commit(self, appends: Sequence[_Append]) -> None:
        first, began = self._file.next_id, time.monotonic()
        requests = [one.request._replace(id=first + at) for at, one in enumerate(appends)]
        cost = sum(one.cost for one in appends)
        failed: Exception | None = None
        try:
            self._file.commit(requests, [])
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing is stored and the thread lives on
            failed = SpoolFull(f"nothing was stored: {error}")
            self._failed_at = time.monotonic()
        with self._arrived:
            self._waiting_bytes -= cost
            self._last_id = self._file.next_id - 1
            self._arrived.notify_all()
        self._tell(requests, appends, failed, time.monotonic() - began)

    def _tell(
        self,
        requests: Sequence[SpooledRequest],
        appends: Sequence[_Append],
        failed: Exception | None,
        seconds: float,
    ) -> None:
        for request, one in zip(requests, appends, strict=True):
            if failed is None:
                one.done.set_result(request.id)
            else:
                one.done.set_exception(failed)
        if failed is None:
            self._committed(sum(len(request.body) for request in requests), seconds)


def _answer(call: _Call) -> None:
    try:
        call.done.set_result(call.work() if call.work else None)
    except BaseException as error:  # noqa: BLE001 - it belongs to who asked
        call.done.set_exception(error)


def _locked(directory: Path) -> int:
    try:
        return hold(directory, LOCK_FILE, directory_mode=0o700, file_mode=0o600)
    except HeldElsewhere as held:
        raise SpoolUnusable(
            f"the spool in {directory} is held by process {held.holder}; one collector writes to a spool, "
            "so stop that one or give this one a directory of its own"
        ) from None
    except OSError as error:
        raise SpoolUnusable(f"{directory} cannot hold a spool: {error.strerror}") from None
