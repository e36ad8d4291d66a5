"""What waits to be sent on: a spool of its own, whose oldest requests make room for new ones."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from otel_costing_collector.spool import Spool, SpoolState
from otel_costing_collector.spool_file import record_cost
from otel_costing_collector.spool_record import SpooledRequest

_log = logging.getLogger(__name__)
OUTBOX = "outbox"
"""Below the spool's directory."""
SMALLEST_BYTES = 32 * 2**20
_POSITION = "position"
_SILENCE_S = 60.0


class Outbox:
    """The requests of one directory that wait to be sent on."""

    def __init__(self, directory: Path, max_bytes: int, dropped: Callable[[int], None]) -> None:
        """Open it, or make it.

        Args:
            directory: on a disk that keeps what was synced.
            max_bytes: what it may take.
            dropped: told how many requests made room for others.

        Raises:
            SpoolUnusable: another process holds it, or it cannot be written.
        """
        self._spool = Spool(directory, max_bytes)
        self._max_bytes = max_bytes
        self._dropped = dropped
        self._position = directory / _POSITION
        self._said_full_at = -math.inf

    def put(self, requests: Sequence[SpooledRequest]) -> None:
        """Keep requests, durably; where there is no room the oldest make it. Blocks.

        Raises:
            SpoolFull: the disk failed; some of them may be kept.
        """
        self._make_room(sum(map(record_cost, requests)))
        stored = [
            self._spool.append(
                one.body,
                one.kind,
                encoding=one.encoding,
                sender=one.sender,
                received_ns=one.received_ns,
            )
            for one in requests
        ]
        for one in stored:
            one.result()

    def _make_room(self, size: int) -> None:
        while self._spool.state().bytes + size > self._max_bytes and (oldest := self.oldest()):
            self._spool.forget(request.id for request in oldest)
            self._dropped(len(oldest))
            self._say_full()

    def _say_full(self) -> None:
        """Log it, once a minute: what was dropped is counted."""
        if time.monotonic() - self._said_full_at >= _SILENCE_S:
            self._said_full_at = time.monotonic()
            _log.warning("the outbox is full, its oldest requests are dropped")

    def oldest(self) -> list[SpooledRequest]:
        """Return those that have waited longest, a few megabytes of them. Blocks."""
        return self._spool.unbooked()

    def forget(self, requests: Iterable[SpooledRequest]) -> None:
        """Let go of requests that were sent. Blocks.

        Raises:
            SpoolFull: the disk failed; they will be sent again.
        """
        self._spool.forget(request.id for request in requests)

    def position(self) -> int:
        """Return the number in the collector's spool up to which all was put here; -1 where that is not known."""
        try:
            return int(self._position.read_text())
        except (OSError, ValueError):
            return -1

    def note(self, position: int) -> None:
        """Remember that position: not synced, as without it some are only sent twice.

        Raises:
            OSError: the disk failed.
        """
        unfinished = self._position.with_suffix(".new")
        unfinished.write_text(str(position))
        unfinished.replace(self._position)

    def state(self) -> SpoolState:
        """Return what lies in it, without waiting for anything."""
        return self._spool.state()

    def ailing(self) -> str:
        """Return why nothing will be kept any more; empty where it is well."""
        return self._spool.ailing()

    def close(self) -> None:
        """Let go of the directory. Twice is safe."""
        self._spool.close()
