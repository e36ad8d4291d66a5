"""What is known of spans that have started and not ended. Bounded: one that never ends costs its place only."""

from __future__ import annotations

from typing import Generic, TypeVar

from otel_costing.after_fork import lock_of

Known = TypeVar("Known")


class StartedSpans(Generic[Known]):
    """By span id. Safe to use from any thread."""

    def __init__(self, most: int = 65_536) -> None:
        self._most = most
        self._lock = lock_of(self)
        self.known: dict[int, Known] = {}
        """To be looked at only: on the path of every span, asking whether it is empty must cost next to nothing."""

    def remember(self, span_id: int, known: Known) -> None:
        """Keep something of a span; past the limit, the oldest makes room."""
        with self._lock:
            if len(self.known) >= self._most:
                del self.known[next(iter(self.known))]
            self.known[span_id] = known

    def get(self, span_id: int) -> Known | None:
        """Return what is kept of a span, None for nothing."""
        return self.known.get(span_id)

    def forget(self, span_id: int) -> Known | None:
        """Return it when the span ends, None for nothing; it is gone then."""
        with self._lock:
            return self.known.pop(span_id, None)
