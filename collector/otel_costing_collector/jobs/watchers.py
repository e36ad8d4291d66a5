"""Those who watch a job from the event loop, told from any thread that something changed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Watchers:
    """Of all jobs: each looks at its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watching: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    @contextmanager
    def watching(self) -> Iterator[asyncio.Event]:
        """Return what is set with every change; clear it before looking."""
        changed = asyncio.Event()
        with self._lock:
            self._watching[changed] = asyncio.get_running_loop()
        try:
            yield changed
        finally:
            with self._lock:
                del self._watching[changed]

    def tell(self) -> None:
        """Say that something changed."""
        with self._lock:
            for changed, loop in self._watching.items():
                loop.call_soon_threadsafe(changed.set)
