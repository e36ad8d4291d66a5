"""From the spool to the ledger: what is sealed is offered until the store has it, then forgotten.

One thread does it, as it comes; what is offered to it was read, priced, settled and sealed by `sealing`, mostly in other
processes. A batch is sealed before the first attempt and every attempt carries the same rows. What the
process had not booked when it died lies in the spool still; it is sealed anew, and the store's key guard lets nothing
in twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Protocol

from otel_costing.batch import SealedBatch, halves, keys_of
from otel_costing.clickhouse.ready import ReadyBatch, Shape, reasons_of
from otel_costing.clickhouse.repricing import Repriceable
from otel_costing.clickhouse.settling import SettleReport
from otel_costing.clickhouse.store import Booked
from otel_costing.clickhouse.target import RowsRefused
from otel_costing.kept_spans import KeptSpans
from otel_costing.promoted import Promoted
from otel_costing_collector import tracing
from otel_costing_collector.dead_letters import DeadLetters
from otel_costing_collector.late_rates import LateRates
from otel_costing_collector.pace import Pace
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.sealing import Begin, BooksInTurn, Rows, Sealed, rows_of
from otel_costing_collector.sealing_here import SealingHere
from otel_costing_collector.setting_aside import SettingAside
from otel_costing_collector.spool import Spool, SpoolFull, SpoolUnusable
from otel_costing_collector.spooled import requests_of
from otel_costing_collector.steady import Steady, StoppedFirst
from otel_costing_collector.telemetry import Telemetry
from otel_costing_collector.upkeep import Upkeep

__all__ = ["Booking", "Ledger", "Pace", "SealsSpool"]

_log = logging.getLogger(__name__)
_LONGEST_WAIT_S = 1.0
_SHARE_OF_STOP = 0.7
"""Of the time to stop: no batch is begun after it."""


class Ledger(Repriceable, Protocol):
    """Where batches go."""

    def shape(self) -> Shape:
        """Return what batches are made ready for."""

    def book(self, batch: SealedBatch, /) -> Booked:
        """Write what is new."""

    def book_ready(self, ready: ReadyBatch, rows: Callable[[], SealedBatch], /) -> Booked:
        """Write what is new of a batch that is ready; ask for its rows only if need be."""

    def settle(self, *, now_ns: int, authorities: Iterable[str] | None = None) -> SettleReport:
        """Settle what came together with what was known."""

    def promotions(self) -> Promoted:
        """See `Store.promotions`."""

    def rebuild_rollups(self) -> object:
        """Bring the daily rollups up to what was booked."""

    def close(self) -> None:
        """Let go of it."""


class Sealer(Protocol):
    """What seals that which lies in the spool."""

    def next(self, timeout_s: float) -> Sealed | None:
        """Return what was sealed next, None after `timeout_s`; once it finishes, None says that nothing is left."""

    def finish(self) -> None:
        """Let nothing wait any more."""

    def close(self) -> None:
        """Let go of everything."""


SealsSpool = Callable[[Spool, BooksInTurn, Begin], Sealer]
"""Begins to seal what lies in a spool."""


class Booking:
    """The thread that books."""

    def __init__(  # noqa: PLR0913, PLR0917 - here all that books comes together
        self,
        spool: Spool,
        open_ledger: Callable[[], Ledger],
        books: PricingBooks,
        dead_letters: DeadLetters,
        telemetry: Telemetry,
        pace: Pace,
        kept_spans: KeptSpans = KeptSpans.ALL,
        may_forget: Callable[[Sequence[int]], bool] = lambda _numbers: True,
        seals: SealsSpool = SealingHere,
    ) -> None:
        """Prepare it; `start` begins.

        Args:
            spool: what was acknowledged.
            open_ledger: may raise `StoreUnavailable`; it is asked again until it answers.
            books: what prices.
            dead_letters: where a span lies that no ledger takes.
            telemetry: where it counts.
            pace: how long things wait.
            kept_spans: which skeletons the ledger keeps.
            may_forget: asked before booked requests are forgotten, by number; waits until others need them no more.
            seals: what seals that which lies in the spool.
        """
        self._spool = spool
        self._open_ledger = open_ledger
        self._books = books
        self._in_turn = BooksInTurn(books)
        self._telemetry = telemetry
        self._pace = pace
        self._kept_spans = kept_spans
        self._may_forget = may_forget
        self._seals = seals
        self._ledger: Ledger | None = None
        self._stopping = threading.Event()
        self._book_until = 0.0
        self._steady = Steady(self._stopping)
        self._setting_aside = SettingAside(spool, dead_letters, telemetry, self._steady)
        self._upkeep = Upkeep()
        self._late_rates = LateRates(books, telemetry)
        self._thread = threading.Thread(target=self._run, name="booking", daemon=True)

    def start(self) -> None:
        """Begin to book."""
        self._thread.start()

    def failing(self) -> str:
        """Return why nothing is booked now; empty where it is."""
        return self._steady.failing

    def ailing(self) -> str:
        """Return why nothing will be booked any more; empty where all is well."""
        ended = self._thread.ident is not None and not self._thread.is_alive()
        return "the booking thread has ended" if ended and not self._stopping.is_set() else ""

    def stop(self, timeout_s: float) -> bool:
        """Book what is at hand, and tell whether that was done in time; the rest stays in the spool. Twice is safe."""
        self._book_until = time.monotonic() + timeout_s * _SHARE_OF_STOP
        self._stopping.set()
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._book_until_stopped()
        except StoppedFirst:
            _log.info("stopped before all was booked")
        except Exception:
            _log.exception("booking has ended; what is acknowledged stays in the spool")
            raise
        finally:
            if self._ledger is not None:
                self._ledger.close()

    def _book_until_stopped(self) -> None:
        shape = self._steady.get(lambda: self._opened().shape(), "the ledger does not take a batch")
        self._steady.get(self._learn, "the ledger does not take a batch")
        sealer = self._seals(self._spool, self._in_turn, Begin(self._pace, self._kept_spans, shape))
        try:
            self._book_all(sealer)
        finally:
            sealer.close()

    def _book_all(self, sealer: Sealer) -> None:
        while not self._stopping.is_set():
            sealed = sealer.next(_LONGEST_WAIT_S)
            if sealed is not None:
                self._book(sealed)
            self._keep()
        sealer.finish()
        while (left_s := self._book_until - time.monotonic()) > 0:
            sealed = sealer.next(left_s)
            if sealed is None:
                return
            self._book(sealed)

    def _book(self, sealed: Sealed) -> None:
        """Book what was sealed and forget it.

        Raises:
            StoppedFirst: it stays in the spool.
        """
        began = time.monotonic()
        for number, reason in sealed.unreadable:
            self._setting_aside.put(number, reason)
        rows = cache(lambda: self._rows(sealed))
        for position, ready in enumerate(sealed.batches):
            self._deliver(ready, position, rows)
        self._forget(sealed.requests)
        self._telemetry.booked_batch(sealed.spans, time.monotonic() - began)

    def _rows(self, sealed: Sealed) -> Rows:
        requests = requests_of(self._spool, sealed.requests)
        return rows_of(sealed, requests, self._in_turn.of(sealed.books), self._kept_spans)

    def _deliver(self, ready: ReadyBatch, position: int, rows: Callable[[], Rows]) -> None:
        """Book one batch, whatever it takes: whole as long as the outcome is unknown, in parts once it is refused."""
        try:
            self._steadily_booked(
                ready.rest,
                ready.reasons,
                lambda ledger: ledger.book_ready(ready, lambda: rows().batches[position]),
            )
        except RowsRefused as refused:
            batches, request_of = rows()
            self._deliver_parts(batches[position], request_of, str(refused))

    def _deliver_parts(
        self, batch: SealedBatch, request_of: Mapping[tuple[str, str], int], reason: str
    ) -> None:
        """Book a refused batch half by half, until what is wrong in it stands alone."""
        parts = halves(batch)
        if parts is None:
            for key in keys_of(batch):
                span = key if key[0] else None
                self._setting_aside.put(request_of[key], f"the ledger refused it: {reason}", span)
            return
        for part in parts:
            try:
                reasons = reasons_of(part.entries)
                self._steadily_booked(part, reasons, lambda ledger, part=part: ledger.book(part))  # type: ignore[misc]
            except RowsRefused as refused:
                self._deliver_parts(part, request_of, str(refused))

    def _steadily_booked(
        self, batch: SealedBatch, reasons: Mapping[str, int], book: Callable[[Ledger], Booked]
    ) -> None:
        """Offer a batch until the ledger has it.

        Raises:
            RowsRefused: it never will.
            StoppedFirst: it stays in the spool.
        """

        def book_once() -> Booked:
            with tracing.booking(batch) as span:
                booked = book(self._opened())
                tracing.note(span, booked)
            return booked

        booked = self._steady.get(
            book_once, "the ledger does not take a batch", unless=(RowsRefused,)
        )
        self._telemetry.booked(batch.counts, reasons, booked)

    def _opened(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self._open_ledger()
        return self._ledger

    def _forget(self, requests: Sequence[int]) -> None:
        """Delete what is booked; where the disk fails, it is booked again after the next start, to no effect."""
        if not self._may_forget(requests):
            return
        try:
            self._spool.forget(requests)
        except (SpoolFull, SpoolUnusable) as failed:
            _log.warning("booked requests stay in the spool", extra={"why": str(failed)})

    def _keep(self) -> None:
        """Settle and bring the rollups up to date from time to time."""
        self._upkeep.now_and_then("settle", self._pace.settle_s, self._settle)
        self._upkeep.now_and_then(
            "rollups", self._pace.rollups_s, lambda: self._opened().rebuild_rollups()
        )
        self._upkeep.now_and_then(
            "late rates", self._pace.late_rates_s, lambda: self._late_rates.turn(self._opened())
        )
        self._upkeep.now_and_then("promoted attributes", self._pace.rollups_s, self._learn)

    def _learn(self) -> None:
        self._books.learn(self._opened().promotions())

    def _settle(self) -> None:
        authorities = self._books.authorities or None
        report = self._opened().settle(now_ns=time.time_ns(), authorities=authorities)
        self._telemetry.settled(report)
