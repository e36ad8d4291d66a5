"""Trying until it is done: with pauses that grow, until a stop comes first."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 15.0
_log = logging.getLogger(__name__)
_Done = TypeVar("_Done")


class StoppedFirst(Exception):  # noqa: N818 - it is an outcome
    """A stop came before something was done; all of it is in the spool still."""


class Steady:
    """What one thread has to get done, whatever fails meanwhile."""

    def __init__(self, stopping: threading.Event) -> None:
        """Take what says that there is no more time."""
        self._stopping = stopping
        self.failing = ""
        """Why nothing is done now; empty where it is."""

    def get(
        self, work: Callable[[], _Done], what: str, unless: tuple[type[Exception], ...] = ()
    ) -> _Done:
        """Return what comes of it, however long it takes.

        Args:
            work: to be done.
            what: a sentence that says what is the matter where it fails.
            unless: errors that another attempt would not mend; they are raised.

        Raises:
            StoppedFirst: a stop came first.
        """
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                done = work()
            except unless:
                raise
            except Exception as failed:  # noqa: BLE001 - whatever it was, what is acknowledged is to be booked
                self._note(what, failed)
            else:
                self.failing = ""
                return done
            if self._stopping.wait(pause_s):
                raise StoppedFirst
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _note(self, what: str, failed: Exception) -> None:
        why = str(failed) or type(failed).__name__
        self.failing = f"{what}: {why}"
        _log.warning(f"{what} yet", extra={"why": why})
