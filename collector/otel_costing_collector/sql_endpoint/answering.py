"""One answer on its way from the thread that has it made to the event loop that sends it, a part at a time."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import closing

from otel_costing_collector.sql_endpoint.engine import Part
from otel_costing_collector.sql_endpoint.refusals import SqlRefused

_PARTS_AHEAD = 1
"""What lies in memory beside the part that is being sent: who reads slowly holds up the engine."""
_AGAIN_SECONDS = 0.25
_End = Exception | None


class Answering:
    """Begins at once. Whoever made it stops it in the end, whatever came."""

    def __init__(
        self,
        make: Callable[[], Generator[Part, None, None]],
        stop: Callable[[], None],
        threads: concurrent.futures.Executor,
    ) -> None:
        """Begin.

        Args:
            make: begins the answer; run in a thread, as is what it returns.
            stop: makes the engine end it; run in another thread.
            threads: where it is made.
        """
        self._loop = asyncio.get_running_loop()
        self._parts: asyncio.Queue[Part | _End] = asyncio.Queue(_PARTS_AHEAD)
        self._stop = stop
        self._is_stopped = False
        self._stopping: asyncio.Task[None] | None = None
        self._has_ended = False
        self._thread = self._loop.run_in_executor(threads, self._run, make)

    async def parts(self) -> AsyncIterator[Part]:
        """Yield the parts.

        Raises:
            SqlRefused: as the engine refuses, or it was stopped.
        """
        while not self._has_ended:
            part = await self._parts.get()
            if isinstance(part, Part):
                yield part
                continue
            self._has_ended = True
            if self._is_stopped:
                raise SqlRefused(394, "QUERY_WAS_CANCELLED", "Query was cancelled.")
            if part is not None:
                raise part

    def leave(self) -> None:
        """Make it end soon; nothing is awaited. Twice is safe."""
        if not self._is_stopped:
            self._is_stopped = True
            self._stopping = self._loop.create_task(self._until_stopped())

    async def stop(self) -> None:
        """End it if it has not ended, and wait until the engine is rid of it."""
        if not self._has_ended:
            self.leave()
        while not self._has_ended:
            self._has_ended = not isinstance(await self._parts.get(), Part)
        await self._thread
        if self._stopping is not None:
            await self._stopping

    async def _until_stopped(self) -> None:
        """The engine may not have heard of the query when it is told to end it: tell it again."""
        while not self._thread.done():
            await self._loop.run_in_executor(None, self._stop)
            await asyncio.wait([self._thread], timeout=_AGAIN_SECONDS)

    def _run(self, make: Callable[[], Generator[Part, None, None]]) -> None:
        end: _End = None
        try:
            with closing(make()) as parts:
                # Nothing has begun before the first part is asked for.
                while not self._is_stopped and (part := next(parts, None)) is not None:
                    self._put(part)
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is sent
            end = error
        self._put(end)

    def _put(self, part: Part | _End) -> None:
        asyncio.run_coroutine_threadsafe(self._parts.put(part), self._loop).result()
