"""What is done for the ledger from time to time, between two batches."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)
_REST = 19
"""Times as long as it took a work rests at least: it grows with the ledger, and booking goes before."""


class Upkeep:
    """Works that are due every so often, as long as one takes no more than a twentieth of the time.

    One that fails is due again.
    """

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def now_and_then(self, name: str, every_s: float, work: Callable[[], object]) -> None:
        """Do a work if it is due; the first time it is due after `every_s`."""
        now = time.monotonic()
        if now < self._due.setdefault(name, now + every_s):
            return
        try:
            work()
        except Exception as failed:  # noqa: BLE001 - whatever ails the store, booking goes on and this is tried again
            why = str(failed) or type(failed).__name__
            _log.warning("to be done later", extra={"work": name, "why": why})
        ended = time.monotonic()
        self._due[name] = ended + max(every_s, _REST * (ended - now))
