"""How many questions are answered at a time, and how many wait: used from one event loop alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from otel_costing_collector.sql_endpoint.refusals import too_many


class Admission:
    """Places before the engine."""

    def __init__(self, places: int, waiting: int, patience_seconds: float) -> None:
        """Open the places.

        Args:
            places: questions that are answered at a time.
            waiting: those that may wait for a place; one more is turned away.
            patience_seconds: how long one waits.
        """
        self._places = asyncio.Semaphore(places)
        self._most = waiting
        self._waiting = 0
        self._patience_s = patience_seconds

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place for a while.

        Raises:
            SqlRefused: too many wait already, or none became free.
        """
        await self._wait()
        try:
            yield
        finally:
            self._places.release()

    async def _wait(self) -> None:
        if self._places.locked() and self._waiting >= self._most:
            raise too_many()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience_s):
                await self._places.acquire()
        except TimeoutError:
            raise too_many() from None
        finally:
            self._waiting -= 1
