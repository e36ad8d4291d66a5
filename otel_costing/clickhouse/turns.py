"""Who books next where several threads of a process book into one embedded ledger."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from types import TracebackType

_guard = threading.Lock()
_of_directory: dict[Path, Turns] = {}


class Turns:
    """A lock that is given in the order in which it was asked for, so that nobody waits for more than those before it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            mine.acquire()
        except BaseException:
            self._leave(mine)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            self._pass_on()

    def waiting(self) -> int:
        """Return how many wait for theirs."""
        return len(self._waiting)

    def _leave(self, mine: threading.Lock) -> None:
        """Give up waiting, or the turn that came at that very moment."""
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._is_taken = False


def turns_of(directory: Path) -> Turns:
    """Return the turns of this process in a directory, the same for every handle on it.

    What a handle knows in memory of what is booked holds only among those that share it.
    """
    with _guard:
        return _of_directory.setdefault(directory, Turns())
