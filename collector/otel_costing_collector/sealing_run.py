"""One process that seals, from its start to its end: the thread that tells it requests and the thread that hears it.

The pipe and a queue of one hold what is on its way; whoever is ahead waits.
"""

from __future__ import annotations

import logging
import queue
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from otel_costing_collector.dealing import Dealing
from otel_costing_collector.sealing import Answer, Begin, BooksInTurn, Finish, NumberedBooks
from otel_costing_collector.spool import SpoolUnusable
from otel_costing_collector.spool_record import SpooledRequest

_log = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-m", "otel_costing_collector.sealing_worker")
_LOOK_S = 0.5


class Death:
    """The last that comes of a process."""


DIED = Death()
Answers = queue.Queue[Answer | Death]


class SealingRun:
    """What one process is told and what it answers."""

    def __init__(
        self, dealing: Dealing, books: BooksInTurn, begin: Begin, answers: Answers, careful: int
    ) -> None:
        """Start it.

        Args:
            dealing: what it is told.
            books: what prices it.
            begin: how it is sealed.
            answers: where its answers go, and after the last of them `DIED`.
            careful: how many requests are told one at a time.

        Raises:
            OSError: the system starts no further process.
        """
        self._dealing = dealing
        self._books = books
        self._begin = begin
        self._answers = answers
        self._careful = careful
        self.blamed: int | None = None
        """The request that was told alone and not answered."""
        self._heard = threading.Event()
        self._closing = threading.Event()
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                descriptor = theirs.fileno()
                self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
                    [*_COMMAND, str(descriptor)], pass_fds=[descriptor], stdin=subprocess.DEVNULL
                )
        except OSError:
            self._socket.close()
            raise
        self._pipe = Connection(self._socket.dup().detach())
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("tell sealing", self._tell), ("hear sealing", self._hear))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_careful(self) -> bool:
        """Tell whether requests are told one at a time still."""
        return self._careful > 0

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
        except SpoolUnusable:
            return
        except Exception as failed:  # noqa: BLE001 - whatever it was, all begins anew with another process
            if not isinstance(failed, OSError):
                _log.exception("the spool cannot be read now")
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _tell_all(self) -> None:
        self._pipe.send(self._begin)
        used = self._tell_books(None)
        while not self._closing.is_set():
            requests = self._dealing.next(self, _LOOK_S)
            if requests is None:
                self._pipe.send(Finish(is_last=True))
                return
            used = self._tell_books(used)
            for request in requests:
                self._tell_one(request)
                if self._closing.is_set():
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
        self._pass_on(DIED)

    def _pass_on(self, answer: Answer | Death) -> None:
        while not self._closing.is_set():
            with suppress(queue.Full):
                self._answers.put(answer, timeout=_LOOK_S)
                return
