"""Sealing on the thread that books: where memory is dearer than time."""

from __future__ import annotations

from otel_costing_collector.sealing import Begin, BooksInTurn, Sealed, Sealing
from otel_costing_collector.spool import Spool


class SealingHere:
    """What lies in the spool, sealed whenever it is asked for."""

    def __init__(self, spool: Spool, books: BooksInTurn, begin: Begin) -> None:
        """Take what is sealed, what prices it, and how it is sealed."""
        self._spool = spool
        self._books = books
        self._used = books.latest()
        self._sealing = Sealing(self._used, begin)
        self._after = -1
        self._is_finishing = False

    def next(self, timeout_s: float) -> Sealed | None:
        """Return what has waited long enough, None after at most `timeout_s`.

        Once it finishes nothing waits, and None says that nothing is left.
        """
        latest = self._books.latest()
        if latest is not self._used:
            self._used = latest
            sealed = self._sealing.turn_to(latest)
            if sealed is not None:
                return sealed
        self._read(0 if self._is_finishing else max(0.0, min(self._sealing.wait_s(), timeout_s)))
        is_due = self._is_finishing or self._sealing.wait_s() <= 0
        return self._sealing.take() if is_due else None

    def _read(self, timeout_s: float) -> None:
        if not self._spool.wait_for_more(self._after, timeout_s):
            return
        stored = self._spool.last_id()
        requests = self._spool.unbooked(self._after)
        for request in requests:
            self._sealing.add(request)
        # Numbers may be gone: forgotten before the start, or of a record that cannot be read.
        self._after = requests[-1].id if requests else max(self._after, stored)

    def finish(self) -> None:
        """Let nothing wait any more."""
        self._is_finishing = True

    def close(self) -> None:
        """Let go of everything: nothing is held."""
