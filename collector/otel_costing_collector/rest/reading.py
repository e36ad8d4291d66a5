"""Questions to the ledger on handles that only read: beside the writer, a few at a time, each for so long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from otel_costing.clickhouse.store import Store, StoreUnavailable
from otel_costing_collector.refusals import Reason, Refused

_Answer = TypeVar("_Answer")
_READERS = 2
_MOST_ASKED = 32


class Reading:
    """The readers of one collector; used from its event loop."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        """Prepare it; nothing is opened before the first question.

        Args:
            open_store: opens a handle that only reads; may raise `StoreUnavailable`.
        """
        self._open_store = open_store
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="rest-reader")
        self._own = threading.local()
        self._opened: list[Store] = []
        self._asked = 0

    async def ask(self, question: Callable[[Store], _Answer]) -> _Answer:
        """Return what the ledger answers.

        Raises:
            Refused: too many ask, or it does not answer; ask again.
        """
        if self._asked >= _MOST_ASKED:
            raise Refused(Reason.OVERLOADED, "too many questions wait for the ledger; ask again")
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._answer, question
            )
        except StoreUnavailable as unavailable:
            raise Refused(Reason.FAILED, f"the ledger does not answer: {unavailable}") from None
        finally:
            self._asked -= 1

    def _answer(self, question: Callable[[Store], _Answer]) -> _Answer:
        store: Store | None = getattr(self._own, "store", None)
        if store is None:
            store = self._own.store = self._open_store()
            self._opened.append(store)
        return question(store)

    def close(self) -> None:
        """Let go of the handles. Blocks until what was asked is answered."""
        self._threads.shutdown(cancel_futures=True)
        for store in self._opened:
            store.close()
