"""What lies in the spool, dealt in the order of receipt to the processes that seal."""

from __future__ import annotations

import threading

from otel_costing_collector.spool import Spool
from otel_costing_collector.spool_record import SpooledRequest


class Dealing:
    """Deals to whoever asks, from the beginning, each request once.

    One process has all of it as long as it keeps up, so that what belongs together is settled together. Where more lies
    there than is read at once, the rest goes to whoever asks first.
    """

    def __init__(self, spool: Spool, is_finishing: threading.Event) -> None:
        """Begin with the oldest request.

        Args:
            spool: what is dealt.
            is_finishing: whether nobody is to wait for more.
        """
        self._spool = spool
        self._is_finishing = is_finishing
        self._after = -1
        self._turn = threading.Condition()
        self._whose: object = None
        self.behind = threading.Event()
        """Set once more lay in the spool than is read at once."""

    def next(self, who: object, timeout_s: float) -> list[SpooledRequest] | None:
        """Return the next requests, none after `timeout_s`; None where it is finishing and nothing is left.

        Raises:
            SpoolUnusable: the spool is closed.
        """
        with self._turn:
            if not self._turn.wait_for(lambda: self._whose in {None, who}, timeout_s):
                return []
            self._whose = who
        is_last = self._is_finishing.is_set()
        if not self._spool.wait_for_more(self._after, 0 if is_last else timeout_s):
            if is_last:
                self._pass_on()
            return None if is_last else []
        stored = self._spool.last_id()
        requests = self._spool.unbooked(self._after)
        # Numbers may be gone: forgotten before the start, or of a record that cannot be read.
        self._after = requests[-1].id if requests else max(self._after, stored)
        if self._after < stored:
            self.behind.set()
            self._pass_on()
        return requests

    def _pass_on(self) -> None:
        with self._turn:
            self._whose = None
            self._turn.notify()
