"""For whom each span that has started and not ended works. Bounded: a span that never ends costs its place only."""

from __future__ import annotations

import threading

from otel_costing.working import IDLE, Working

_MOST_OPEN = 65_536


class StartedSpans:
    """By span id. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._working: dict[int, Working] = {}

    def __bool__(self) -> bool:
        return bool(self._working)

    def remember(self, span_id: int, working: Working) -> None:
        """Keep what the context of a starting span said."""
        with self._lock:
            if len(self._working) >= _MOST_OPEN:
                del self._working[next(iter(self._working))]
            self._working[span_id] = working

    def forget(self, span_id: int) -> Working:
        """Return it when the span ends; `IDLE` where nothing was said."""
        with self._lock:
            return self._working.pop(span_id, IDLE)
