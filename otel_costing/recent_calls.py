"""Calls priced a moment ago in this process, so that one call seen by two instrumentations is charged once here.

What the ledger books is settled anew from all spans of a trace (`settlement`); this keeps a receipt, a metric and the
figures on spans right before that.
"""

from __future__ import annotations

import threading

from otel_costing.response_ids import identifies
from otel_costing.usage import Call, Usage

_MOST_REMEMBERED = 4096

_OUTPUT = ("output", "reasoning")
_Key = tuple[object, ...]


class RecentCalls:
    """A bounded memory of priced calls. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[_Key, str] = {}

    def repeats(
        self, call: Call, scope: str, trace_id: int, span_id: int, parent_id: int
    ) -> str | None:
        """Return why a call is one that was priced before, None for a new one, which is then remembered.

        `same_response_id`: the same identity with equal totals. `wrapper`: a call of equal model and usage was priced
        right below this span. Two spans of one instrumentation scope are two calls unless their id says otherwise.
        """
        if not isinstance(call.usage, Usage):
            return None
        totals = (call.model, *_totals(call.usage))
        by_id: _Key | None = (
            (call.response_id, *totals[1:]) if identifies(call.response_id) else None
        )
        with self._lock:
            if by_id is not None and by_id in self._seen:
                return "same_response_id"
            below = self._seen.get((trace_id, span_id, *totals))
            if below is not None and below != scope:
                return "wrapper"
            self._remember((trace_id, parent_id, *totals), scope)
            if by_id is not None:
                self._remember(by_id, scope)
        return None

    def _remember(self, key: _Key, scope: str) -> None:
        if len(self._seen) >= _MOST_REMEMBERED:
            for oldest in list(self._seen)[: _MOST_REMEMBERED // 2]:
                del self._seen[oldest]
        self._seen[key] = scope


class CountedSpans:
    """Spans whose calls a wrapping processor has counted: it leaves no mark that another such one would see."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[tuple[int, int], None] = {}

    def first(self, trace_id: int, span_id: int) -> bool:
        """Tell, once, that a span has not been counted yet."""
        with self._lock:
            if (trace_id, span_id) in self._ids:
                return False
            if len(self._ids) >= _MOST_REMEMBERED:
                del self._ids[next(iter(self._ids))]
            self._ids[trace_id, span_id] = None
            return True


def _totals(usage: Usage) -> tuple[int, int]:
    """Return total input and output: copies differ in how finely they split these, not in their sums."""
    whole = output = 0
    for meter, quantity in usage.items():
        whole += quantity
        if meter in _OUTPUT:
            output += quantity
    return whole - output, output
