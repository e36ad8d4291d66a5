"""Sealing in a process of its own, so that pricing takes no time from answering, and two cores are used.

Requests go to it over a pipe in the order of receipt, and sealed batches come back in the same order. The pipe and a
queue of one hold what is on its way; whoever is ahead waits. What is on its way when the process dies is in the spool
still: another process is started, and everything that is not forgotten is told anew.
"""

from __future__ import annotations

import logging
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from otel_costing_collector.sealing import (
    Answer,
    Begin,
    BooksInTurn,
    Finish,
    NumberedBooks,
    Sealed,
)
from otel_costing_collector.spool import Spool, SpoolUnusable
from otel_costing_collector.spool_record import SpooledRequest

_log = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-m", "otel_costing_collector.sealing_worker")
_LOOK_S = 0.5
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 15.0
_FRUITLESS = 3
"""Deaths in a row after which requests are told one at a time, so that the one to blame is found."""
_CAREFULLY = 1_000
"""Requests that are told one at a time then."""
_TO_BLAME = "to price it ends the process that prices"


class SealingProcess:
    """What lies in the spool, sealed by another process; used by one thread."""

    def __init__(
        self,
        spool: Spool,
        books: BooksInTurn,
        begin: Begin,
        restarted: Callable[[], object] = lambda: None,
    ) -> None:
        """Start the process.

        Args:
            spool: what is sealed.
            books: what prices it.
            begin: how it is sealed.
            restarted: told whenever another process takes the place of one that died.
        """
        self._spool = spool
        self._books = books
        self._begin = begin
        self._restarted = restarted
        self._deaths = 0
        self._is_finishing = threading.Event()
        self._run: _Run | None = self._started()

    def next(self, timeout_s: float) -> Sealed | None:
        """Return what was sealed next, None after `timeout_s`; once it finishes, None says that nothing is left."""
        if self._run is None:
            self._run = self._started()
        answer = self._run.answer(timeout_s)
        if answer is _DIED:
            return self._after_death(self._run)
        if isinstance(answer, Sealed):
            self._deaths = 0
            return answer
        return None

    def _started(self) -> _Run:
        careful = _CAREFULLY if self._deaths >= _FRUITLESS else 0
        return _Run(self._spool, self._books, self._begin, self._is_finishing, careful)

    def _after_death(self, run: _Run) -> Sealed | None:
        """Let another process begin anew: what this one sealed is booked by now."""
        run.close()
        self._run = None
        if self._is_finishing.is_set():
            return None
        self._deaths += 1
        _log.error("the process that prices has died", extra={"deaths_in_a_row": self._deaths})
        self._restarted()
        if run.blamed is not None:
            self._deaths = 0
            return _laid_aside(run.blamed, self._books.latest())
        if self._deaths > 1:
            self._is_finishing.wait(min(_FIRST_PAUSE_S * 2**self._deaths, _LONGEST_PAUSE_S))
        return None

    def finish(self) -> None:
        """Let nothing wait any more."""
        self._is_finishing.set()

    def close(self) -> None:
        """End the process."""
        if self._run is not None:
            self._run.close()


def _laid_aside(number: int, books: NumberedBooks) -> Sealed:
    return Sealed([number], [], time.time_ns(), 0, [(number, _TO_BLAME)], books.number)


class _Death:
    """The last that comes of a process."""


_DIED = _Death()


class _Run:
    """One process, the thread that tells it and the thread that hears it."""

    def __init__(
        self,
        spool: Spool,
        books: BooksInTurn,
        begin: Begin,
        is_finishing: threading.Event,
        careful: int,
    ) -> None:
        """Start it.

        Args:
            spool: what is told, from its beginning.
            books: what prices it.
            begin: how it is sealed.
            is_finishing: whether nothing is to wait any more.
            careful: how many requests are told one at a time.
        """
        self._spool = spool
        self._books = books
        self._begin = begin
        self._is_finishing = is_finishing
        self._careful = careful
        self.blamed: int | None = None
        """The request that was told alone and not answered."""
        self._heard = threading.Event()
        self._closing = threading.Event()
        self._answers: queue.Queue[Answer | _Death] = queue.Queue(1)
        self._socket, theirs = socket.socketpair()
        with theirs:
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
                [*_COMMAND, str(descriptor)], pass_fds=[descriptor], stdin=subprocess.DEVNULL
            )
        self._pipe = Connection(self._socket.dup().detach())
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("tell sealing", self._tell), ("hear sealing", self._hear))
        ]
        for thread in self._threads:
            thread.start()

    def answer(self, timeout_s: float) -> Answer | _Death | None:
        """Return what came of it next, None after `timeout_s`."""
        try:
            return self._answers.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None

    def close(self) -> None:
        """End the process, which holds nothing."""
        self._closing.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        self._pipe.close()
        self._socket.close()

    def _tell(self) -> None:
        try:
            self._tell_all()
        except (OSError, SpoolUnusable):
            return

    def _tell_all(self) -> None:
        self._pipe.send(self._begin)
        used: NumberedBooks | None = None
        after = -1
        while not self._closing.is_set():
            used = self._tell_books(used)
            if self._spool.wait_for_more(after, 0 if self._is_finishing.is_set() else _LOOK_S):
                stored = self._spool.last_id()
                requests = self._spool.unbooked(after)
                used = self._tell_books(used)
                for request in requests:
                    self._tell_one(request)
                    if self._closing.is_set():
                        return
                # Numbers may be gone: forgotten before the start, or of a record that cannot be read.
                after = requests[-1].id if requests else max(after, stored)
            elif self._is_finishing.is_set():
                self._pipe.send(Finish(is_last=True))
                return

    def _tell_books(self, used: NumberedBooks | None) -> NumberedBooks:
        latest = self._books.latest()
        if latest is not used:
            self._pipe.send(latest)
        return latest

    def _tell_one(self, request: SpooledRequest) -> None:
        if not self._careful:
            self._pipe.send(request)
            return
        self._careful -= 1
        self.blamed = request.id
        self._heard.clear()
        self._pipe.send(request)
        self._pipe.send(Finish(is_last=False))
        while not self._heard.wait(_LOOK_S):
            if self._closing.is_set():
                return
        self.blamed = None

    def _hear(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                answer: Answer = self._pipe.recv()
                if isinstance(answer, Finish) and not answer.is_last:
                    self._heard.set()
                else:
                    self._pass_on(answer)
        self._pass_on(_DIED)

    def _pass_on(self, answer: Answer | _Death) -> None:
        while not self._closing.is_set():
            with suppress(queue.Full):
                self._answers.put(answer, timeout=_LOOK_S)
                return
