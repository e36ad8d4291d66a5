"""What is counted of one call, whichever of its spans told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_costing.after_fork import lock_of
from otel_costing.cost import Cost, PricedCall

if TYPE_CHECKING:
    from otel_costing.receipt import Receipt

_MOST_REMEMBERED = 4096


class _Taking:
    """One lock for all tallies: they are many, and seldom take anything."""

    def __init__(self) -> None:
        self._lock = lock_of(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


_TAKING = _Taking()


class Tally:
    """Whether a call has a price in this process, and which receipt it is on.

    One is kept of each recent call, so it holds no cost.
    """

    __slots__ = ("_receipt", "_unpriced")

    def __init__(self, priced: PricedCall, receipt: Receipt | None = None) -> None:
        self._unpriced = None if isinstance(priced.cost, Cost) else priced
        self._receipt = receipt

    def lacks(self, priced: PricedCall) -> bool:
        """Tell whether another account of the call has the price that was missing."""
        return self._unpriced is not None and isinstance(priced.cost, Cost)

    def take(self, priced: PricedCall, receipt: Receipt | None) -> None:
        """Count what another span of the call adds: a price, a receipt, or nothing.

        Args:
            priced: the call as that span tells of it.
            receipt: what its work is on; it gets the call, so told, where no span before was on any.
        """
        with _TAKING:
            before, lacked = self._unpriced, self.lacks(priced)
            if lacked:
                self._unpriced = None
            if self._receipt is not None:
                if before is not None and lacked:
                    self._receipt.replace(before, priced)
            elif receipt is not None:
                self._receipt = receipt
                self._unpriced = before and (None if lacked else priced)
                receipt.add(priced)


class CountedSpans:
    """Spans whose calls a wrapping processor has counted: it leaves no mark that another such one would see."""

    def __init__(self) -> None:
        self._lock = lock_of(self)
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
