"""Calls without a price get one once the collector's rates know them: a little at a time, between two batches.

Corrections of prices are left to a person, who sees first what they come to: here they are only told of.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from datetime import date
from typing import NamedTuple

from otel_costing.clickhouse.columns import EPOCH
from otel_costing.clickhouse.repricing import (
    Repriceable,
    Repriced,
    Scope,
    note_repricing,
    repricing,
)
from otel_costing.progress import Progress
from otel_costing.rates import Rate, RateBook
from otel_costing.repricing import Repricer
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.telemetry import Telemetry

_log = logging.getLogger(__name__)
_TURN_S = 0.5
"""A part is begun within it; the longest part takes about as long again."""
_NS_PER_DAY = 86_400 * 10**9
_SCOPE = Scope(only_unpriced=True)


class _Begun(NamedTuple):
    book: RateBook
    began_ns: int
    steps: Generator[Progress, None, Repriced]


class LateRates:
    """What one collector has done of it."""

    def __init__(self, books: PricingBooks, telemetry: Telemetry) -> None:
        """Take what prices, and where it is counted."""
        self._books = books
        self._telemetry = telemetry
        self._begun: _Begun | None = None
        self._applied = ""
        """Digest of the book that the ledger was priced by last."""

    def turn(self, ledger: Repriceable) -> None:
        """Go on for a while, if there is anything to do; where it fails the next turn begins anew.

        Raises:
            StoreUnavailable: the ledger does not answer.
        """
        book = self._books.current
        if book.digest == self._applied:
            return
        begun, self._begun = self._begun, None
        if begun is None or begun.book is not book:
            begun = _begin(ledger, book)
        if begun is not None:
            done = _gone_on(begun)
            if done is None:
                self._begun = begun
                return
            self._finish(ledger, begun, done)
        self._applied = book.digest

    def _finish(self, ledger: Repriceable, begun: _Begun, done: Repriced) -> None:
        note_repricing(ledger, begun.book.digest, _SCOPE, begun.began_ns, done)
        calls = done.effects.calls
        self._telemetry.corrected_calls.labels("late_rate").inc(calls)
        _log.info(
            "calls without a price were looked at under this rate book",
            extra={"rates_digest": begun.book.digest, "calls": done.examined, "priced": calls},
        )
        others = _by_other_rates(ledger, begun.book)
        if others:
            _log.warning(
                "calls stand by other rates than this rate book's; `otel-costing reprice --dry-run` with the same rates "
                "shows what they come to",
                extra={"rates_digest": begun.book.digest, "calls": others},
            )


def _begin(ledger: Repriceable, book: RateBook) -> _Begun | None:
    """Return the work to be done, None where this book was the last to be applied."""
    last = ledger.query("last_repricing")
    if last and last[0]["rates_digest"] == book.digest:
        return None
    now_ns = time.time_ns()
    return _Begun(book, now_ns, repricing(ledger, Repricer(book), _SCOPE, now_ns))


def _gone_on(begun: _Begun) -> Repriced | None:
    """Do some, and return what came of all of it once nothing is left."""
    until = time.monotonic() + _TURN_S
    while time.monotonic() < until:
        try:
            next(begun.steps)
        except StopIteration as ended:
            done: Repriced = ended.value
            return done
    return None


def _by_other_rates(ledger: Repriceable, book: RateBook) -> int:
    """Count the calls of whole days on which their rate does not hold by this book: a few more may change."""
    return sum(
        row["calls"]
        for row in ledger.query("standing_rates")
        if not any(
            _holds_on(rate, row["day"])
            for rate in book.rates_of(row["provider"], row["model"])
            if rate.id == row["rate_id"]
        )
    )


def _holds_on(rate: Rate, day: date) -> bool:
    begins_ns = (day - EPOCH).days * _NS_PER_DAY
    is_over = rate.ends_ns is not None and rate.ends_ns <= begins_ns
    is_to_come = rate.starts_ns is not None and rate.starts_ns >= begins_ns + _NS_PER_DAY
    return not is_over and not is_to_come
