"""From the collector's spool to the outbox, beside booking; what was booked is forgotten once it is there.

One thread, that reads each request as soon as it was acknowledged, whether the ledger takes it or not.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence

from otel_costing_collector.forwarding.outbox import Outbox
from otel_costing_collector.otlp_http import KINDS
from otel_costing_collector.spool import Spool

_log = logging.getLogger(__name__)
_FORWARDED = frozenset(KINDS.values())
_LONGEST_WAIT_S = 0.2
_PAUSE_S = 0.2
_PATIENCE_S = 5.0
"""So long booking waits for a disk that does not take the outbox's requests; then they are not sent on."""


class Taking:
    """The thread."""

    def __init__(self, spool: Spool, outbox: Outbox, lost: Callable[[int], None]) -> None:
        """Prepare it; `start` begins.

        Args:
            spool: what was acknowledged.
            outbox: where it goes.
            lost: told how many requests did not get there, as their disk failed.
        """
        self._spool = spool
        self._outbox = outbox
        self._lost = lost
        self._moved = threading.Condition()
        position = outbox.position()
        # A spool that was replaced begins anew.
        self._taken = position if position <= spool.last_id() else -1
        self._failing_since = math.inf
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="taking", daemon=True)

    def start(self) -> None:
        """Begin to take."""
        self._thread.start()

    def stop(self) -> None:
        """End; what was not taken is in the spool still. Twice is safe."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def ailing(self) -> str:
        """Return why nothing will be taken any more; empty where all is well."""
        ended = self._thread.ident is not None and not self._thread.is_alive()
        return "the taking thread has ended" if ended and not self._stopping.is_set() else ""

    def wait_for(self, numbers: Sequence[int]) -> bool:
        """Wait until these requests of the spool are in the outbox, or its disk has failed; False where it ended first.

        Blocks. What is not in the outbox then, though it may be forgotten, is lost to it, counted and logged.
        """
        last = max(numbers, default=-1)
        with self._moved:
            while self._taken < last:
                if self._stopping.is_set():
                    return False
                if time.monotonic() - self._failing_since > _PATIENCE_S:
                    # Requests before these may be booked after them: they are still to be taken.
                    lost = sum(number > self._taken for number in numbers)
                    self._lost(lost)
                    _log.error("booked requests are not sent on", extra={"requests": lost})
                    return True
                self._moved.wait(_PAUSE_S)
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._take()
                self._failing_since = math.inf
            except Exception as failed:  # noqa: BLE001 - whatever ails the outbox, this is tried again
                if math.isinf(self._failing_since):
                    self._failing_since = time.monotonic()
                    _log.warning("the outbox takes no requests yet", extra={"why": str(failed)})
                self._stopping.wait(_PAUSE_S)

    def _take(self) -> None:
        after = self._taken
        if not self._spool.wait_for_more(after, _LONGEST_WAIT_S):
            return
        stored = self._spool.last_id()
        requests = self._spool.unbooked(after)
        self._outbox.put([request for request in requests if request.kind in _FORWARDED])
        # Numbers may be gone: forgotten before the start, or of a record that cannot be read.
        taken = requests[-1].id if requests else max(after, stored)
        with self._moved:
            self._taken = max(self._taken, taken)
            self._moved.notify_all()
        self._outbox.note(self._taken)
