"""What the current work has cost so far, exact, before it answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import ClassVar

from opentelemetry import context as context_api

from otel_costing.after_fork import lock_of
from otel_costing.cost import Cost, LineItem, PricedCall
from otel_costing.money import usd_of
from otel_costing.working import enter, leave, with_working, working_here

_log = logging.getLogger(__name__)


class Receipt:
    """Counts the calls made inside `receipt()`, as their spans end. Safe to read and to write from any thread."""

    is_fed: ClassVar[bool] = False
    """Whether this process ever had a `CostSpanProcessor`: an empty receipt is no mistake then."""

    def __init__(self, outer: Receipt | None = None) -> None:
        self._outer = outer
        self._lock = lock_of(self)
        self._calls: list[PricedCall] = []
        self._total_pico = 0

    @property
    def total_usd(self) -> Decimal:
        """Exact USD of the priced calls, twelve decimals; 0 while there are none. `f"{...:f}"` writes it without an exponent."""
        with self._lock:
            return usd_of(self._total_pico)

    @property
    def lines(self) -> tuple[LineItem, ...]:
        """The line items of all calls, in the order the calls ended."""
        with self._lock:
            return tuple(
                line
                for each in self._calls
                if isinstance(each.cost, Cost)
                for line in each.cost.lines
            )

    @property
    def calls(self) -> int:
        """How many calls were made, priced or not."""
        with self._lock:
            return len(self._calls)

    @property
    def unpriced(self) -> int:
        """How many of them have no price; they are missing from the total."""
        with self._lock:
            return sum(1 for each in self._calls if not isinstance(each.cost, Cost))

    def add(self, priced: PricedCall) -> None:
        """Count a call here and on the receipts around this one."""
        with self._lock:
            self._calls.append(priced)
            self._total_pico += _pico(priced)
        if self._outer is not None:
            self._outer.add(priced)

    def replace(self, before: PricedCall, after: PricedCall) -> None:
        """Count `after` for `before`, the very object that was added: the same call, of which less was known."""
        with self._lock:
            place = next((i for i, each in enumerate(self._calls) if each is before), None)
            if place is not None:
                self._calls[place] = after
                self._total_pico += _pico(after) - _pico(before)
        if self._outer is not None:
            self._outer.replace(before, after)

    def __repr__(self) -> str:
        return f"<Receipt of {self.calls} calls, {self.total_usd:f} USD, {self.unpriced} unpriced>"


def _pico(priced: PricedCall) -> int:
    """Return what a call adds to the total; one without a price is counted apart."""
    return priced.cost.total_pico if isinstance(priced.cost, Cost) else 0


@contextmanager
def receipt() -> Iterator[Receipt]:
    """Count what the calls made in its block cost; entered `as r`, it says so in `r.total_usd`.

    Counted are calls whose spans start in this context: in this thread, in asyncio tasks started here, in threads
    that carry OpenTelemetry context; below a span that did, while that is open; and calls that code in this block starts
    in a context captured before, in the same trace (docs/attribution.md). Hand it to a plain pool's threads yourself:
    ``pool.submit(contextvars.copy_context().run, work)``. A call counts when its span ends, once, even if two
    instrumentations saw it; one that ends after the block counts then. Needs a `CostSpanProcessor`; where this process
    has none, the first empty receipt says so in the log.
    """
    context = context_api.get_current()
    working = working_here(context)
    counted = Receipt(working.receipt)
    entered = enter(with_working(context, working.inside(receipt=counted)))
    try:
        yield counted
    finally:
        leave(entered)
        if not (Receipt.is_fed or counted.calls):
            _warn_that_nothing_counts()


@cache
def _warn_that_nothing_counts() -> None:
    _log.warning(
        "a receipt stays empty: this process has no CostSpanProcessor; "
        "provider.add_span_processor(CostSpanProcessor()) on its TracerProvider, and see `otel-costing doctor --app MODULE`"
    )
