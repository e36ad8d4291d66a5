"""Where a collector prices and seals."""

from __future__ import annotations

from enum import StrEnum


class SealedIn(StrEnum):
    """The values of `booking.sealing`."""

    PROCESS = "process"
    """In a process of its own, on another core than the answers."""
    THREAD = "thread"
    """On the thread that books: less memory, half the speed."""
