"""What is known of spans that have started and not ended. Bounded: one that never ends costs its place only."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Known = TypeVar("Known")


class StartedSpans(Generic[Known]):
    """By span id. Safe to use from any thread."""

    def __init__(self, most: int = 65_536) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: dict[int, Known] = {}

    def __bool__(self) -> bool:
        return bool(self._known)

    def remember(self, span_id: int, known: Known) -> None:
        """Keep something of a span; past the limit, the oldest makes room."""
        with self._lock:
            if len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[span_id] = known

    def get(self, span_id: int) -> Known | None:
        """Return what is kept of a span, None for nothing."""
        return self._known.get(span_id)

    def forget(self, span_id: int) -> Known | None:
        """Return it when the span ends, None for nothing; it is gone then."""
        with self._lock:
            return self._known.pop(span_id, None)
