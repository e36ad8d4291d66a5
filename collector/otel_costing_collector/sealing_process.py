"""Sealing in processes of their own, so that pricing takes no time from answering, and every core is used.

Requests go to them in the order of receipt, and what they sealed is taken as it comes: which of two batches is booked
first makes no difference to what they come to. What is on its way when a process dies is in the spool still: others
are started, and everything that is not forgotten is told anew.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from otel_costing_collector.dealing import Dealing
from otel_costing_collector.sealing import Begin, BooksInTurn, Finish, NumberedBooks, Sealed
from otel_costing_collector.sealing_run import Answers, Death, SealingRun
from otel_costing_collector.spool import Spool

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 15.0
_FRUITLESS = 3
"""Deaths in a row after which requests are told one at a time, so that the one to blame is found."""
_CAREFULLY = 1_000
"""Requests that are told one at a time then."""
_TO_BLAME = "to price it ends the process that prices"


class SealingProcess:
    """What lies in the spool, sealed by other processes; used by one thread."""

    def __init__(
        self,
        spool: Spool,
        books: BooksInTurn,
        begin: Begin,
        restarted: Callable[[], object] = lambda: None,
        most: int = 1,
    ) -> None:
        """Start one process.

        Args:
            spool: what is sealed.
            books: what prices it.
            begin: how it is sealed.
            restarted: told whenever other processes take the place of those of which one died.
            most: how many processes there are; a further one is started when the others cannot keep up.
        """
        self._spool = spool
        self._books = books
        self._begin = begin
        self._restarted = restarted
        self._most = most
        self._deaths = 0
        self._is_finishing = threading.Event()
        self._start()

    def next(self, timeout_s: float) -> Sealed | None:
        """Return what was sealed next, None after `timeout_s`; once it finishes, None says that nothing is left."""
        if not self._runs:
            self._start()
        until_s = time.monotonic() + timeout_s
        while self._unfinished:
            self._keep_up()
            try:
                answer = self._answers.get(timeout=max(0.0, until_s - time.monotonic()))
            except queue.Empty:
                return None
            if isinstance(answer, Sealed):
                self._deaths = 0
                return answer
            if isinstance(answer, Death):
                return self._after_death()
            if isinstance(answer, Finish):
                self._unfinished -= 1
        return None

    def _start(self) -> None:
        self._dealing = Dealing(self._spool, self._is_finishing)
        self._answers: Answers = queue.Queue(1)
        self._careful = _CAREFULLY if self._deaths >= _FRUITLESS else 0
        self._runs: list[SealingRun] = []
        self._unfinished = 0
        self._start_one()

    def _start_one(self) -> None:
        run = SealingRun(self._dealing, self._books, self._begin, self._answers, self._careful)
        self._runs.append(run)
        self._unfinished += 1

    def _keep_up(self) -> None:
        """Start a further process where it is needed; after a death only once something was sealed by one alone.

        Else what others seal would hide that one request ends the process again and again.
        """
        is_behind = self._dealing.behind.is_set() and not self._is_finishing.is_set()
        is_well = self._deaths == 0 and not any(run.is_careful for run in self._runs)
        if not (is_behind and is_well and len(self._runs) < self._most):
            return
        try:
            self._start_one()
        except OSError as failed:
            self._most = len(self._runs)
            _log.warning("no further process prices", extra={"why": str(failed)})

    def _after_death(self) -> Sealed | None:
        """Let other processes begin anew: what these sealed and was taken is booked by now."""
        blamed = next((run.blamed for run in self._runs if run.blamed is not None), None)
        self.close()
        if self._is_finishing.is_set():
            return None
        self._deaths += 1
        _log.error("a process that prices has died", extra={"deaths_in_a_row": self._deaths})
        self._restarted()
        if blamed is not None:
            self._deaths = 0
            return _laid_aside(blamed, self._books.latest())
        if self._deaths > 1:
            self._is_finishing.wait(min(_FIRST_PAUSE_S * 2**self._deaths, _LONGEST_PAUSE_S))
        return None

    def finish(self) -> None:
        """Let nothing wait any more."""
        self._is_finishing.set()

    def close(self) -> None:
        """End the processes."""
        for run in self._runs:
            run.close()
        self._runs = []


def _laid_aside(number: int, books: NumberedBooks) -> Sealed:
    return Sealed([number], [], time.time_ns(), 0, [(number, _TO_BLAME)], books.number)
