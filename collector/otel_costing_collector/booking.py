"""From the spool to the ledger: read, price, linger, settle, book until the store has it, then forget.

One thread does all of it, in the order of receipt. A batch is sealed before the first attempt and every attempt
carries the same rows. What the process had not booked when it died lies in the spool still; it is sealed anew, and the
store's key guard lets nothing in twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from otel_costing.batch import SealedBatch, halves, keys_of, seal
from otel_costing.clickhouse.settling import SettleReport
from otel_costing.clickhouse.store import Booked
from otel_costing.clickhouse.target import RowsRefused
from otel_costing.kept_spans import KeptSpans, with_kept_spans
from otel_costing_collector import tracing
from otel_costing_collector.dead_letters import DeadLetters
from otel_costing_collector.gathering import Gathering
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool import Spool, SpoolFull, SpoolUnusable
from otel_costing_collector.spool_record import SpooledRequest
from otel_costing_collector.telemetry import Telemetry

_log = logging.getLogger(__name__)
_LARGEST_BATCH = 10_000
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 15.0
_LONGEST_WAIT_S = 1.0
_SHARE_OF_STOP = 0.7
"""Of the time to stop: no batch is begun after it."""


class Ledger(Protocol):
    """Where batches go."""

    def book(self, batch: SealedBatch, /) -> Booked:
        """Write what is new."""

    def settle(self, *, now_ns: int, authorities: Iterable[str] | None = None) -> SettleReport:
        """Settle what came together with what was known."""

    def rebuild_rollups(self) -> object:
        """Bring the daily rollups up to what was booked."""

    def close(self) -> None:
        """Let go of it."""


class _StoppedFirst(Exception):  # noqa: N818 - it is an outcome
    """A stop came before something was done; all of it is in the spool still."""


class Pace(NamedTuple):
    """How long things wait."""

    linger_s: float = 2.0
    """A span waits this long for the others of its trace before it is settled and booked."""
    most_spans: int = 20_000
    """Waiting at once: then they are booked without lingering."""
    settle_s: float = 10.0
    rollups_s: float = 60.0


class Booking:
    """The thread that books."""

    def __init__(
        self,
        spool: Spool,
        open_ledger: Callable[[], Ledger],
        books: PricingBooks,
        dead_letters: DeadLetters,
        telemetry: Telemetry,
        pace: Pace,
        kept_spans: KeptSpans = KeptSpans.ALL,
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
        """
        self._spool = spool
        self._open_ledger = open_ledger
        self._books = books
        self._dead_letters = dead_letters
        self._telemetry = telemetry
        self._pace = pace
        self._kept_spans = kept_spans
        self._ledger: Ledger | None = None
        self._stopping = threading.Event()
        self._book_until = 0.0
        self._due: dict[str, float] = {}
        self._failing = ""
        self._thread = threading.Thread(target=self._run, name="booking", daemon=True)

    def start(self) -> None:
        """Begin to book."""
        self._thread.start()

    def failing(self) -> str:
        """Return why nothing is booked now; empty where it is."""
        return self._failing

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
        except _StoppedFirst:
            _log.info("stopped before all was set aside")
        except Exception:
            _log.exception("booking has ended; what is acknowledged stays in the spool")
            raise
        finally:
            if self._ledger is not None:
                self._ledger.close()

    def _book_until_stopped(self) -> None:
        gathering = Gathering(self._books, self._pace.linger_s, self._pace.most_spans)
        after = -1
        while not self._stopping.is_set():
            after = self._gather(gathering, after)
            if gathering.is_due(time.monotonic()) and not self._book(gathering):
                return
            self._keep()
        while time.monotonic() < self._book_until:
            before, after = after, self._gather(gathering, after)
            if not self._book(gathering) or after == before:
                return

    def _gather(self, gathering: Gathering, after: int) -> int:
        wait_s = min(gathering.wait_s(time.monotonic()), _LONGEST_WAIT_S)
        if self._stopping.is_set():
            wait_s = 0
        if not self._spool.wait_for_more(after, wait_s):
            return after
        stored = self._spool.last_id()
        requests = self._spool.unbooked(after)
        for request in requests:
            reason = gathering.add(request, time.monotonic())
            if reason:
                self._lay_aside(request, reason)
        # Numbers may be gone: forgotten before the start, or of a record that cannot be read.
        return requests[-1].id if requests else max(after, stored)

    def _book(self, gathering: Gathering) -> bool:
        """Book what was gathered and forget it; False where a stop came first and it stays in the spool."""
        requests, examined = gathering.take()
        if not requests:
            return True
        began = time.monotonic()
        received_ns = time.time_ns()
        sealed = seal(
            examined.spans,
            self._books.current,
            received_ns,
            largest=_LARGEST_BATCH,
            authorities=self._books.authorities,
            earlier=self._books.by_digest,
            evaluations=examined.evaluations,
        )
        kept = with_kept_spans(sealed, examined.spans, self._kept_spans)
        if not all(self._deliver(batch, examined.request_of) for batch in kept):
            return False
        self._forget(requests)
        self._telemetry.booked_batch(len(examined.spans), time.monotonic() - began)
        return True

    def _deliver(self, batch: SealedBatch, request_of: dict[tuple[str, str], int]) -> bool:
        """Book one batch, whatever it takes: whole as long as the outcome is unknown, in parts once it is refused."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                self._book_once(batch)
            except RowsRefused as refused:
                return self._deliver_parts(batch, request_of, str(refused))
            except Exception as unknown:  # noqa: BLE001 - whatever became of it, it is offered until the ledger has it
                self._failing = str(unknown) or type(unknown).__name__
                _log.warning("the ledger does not take a batch yet", extra={"why": self._failing})
                if self._stopping.wait(pause_s):
                    return False
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            else:
                self._failing = ""
                return True

    def _book_once(self, batch: SealedBatch) -> None:
        with tracing.booking(batch) as span:
            booked = self._opened().book(batch)
            tracing.note(span, booked)
        self._telemetry.booked(batch, booked)

    def _deliver_parts(
        self, batch: SealedBatch, request_of: dict[tuple[str, str], int], reason: str
    ) -> bool:
        """Book a refused batch half by half, until what is wrong in it stands alone."""
        parts = halves(batch)
        if parts is not None:
            delivered = [self._deliver(part, request_of) for part in parts]
            return all(delivered)
        for key in keys_of(batch):
            self._lay_aside_span(request_of[key], f"the ledger refused it: {reason}", key)
        return True

    def _lay_aside_span(self, number: int, reason: str, key: tuple[str, str]) -> None:
        span = key if key[0] else None
        for request in self._spool.unbooked(number - 1, 1)[:1]:
            if request.id == number:
                self._lay_aside(request, reason, span)

    def _lay_aside(
        self, request: SpooledRequest, reason: str, span: tuple[str, str] | None = None
    ) -> None:
        """Keep it among the dead letters, whenever the disk takes it; until then it is not forgotten."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                self._dead_letters.put(request, reason, span)
                break
            except OSError as failed:
                self._failing = f"a dead letter cannot be kept: {failed.strerror}"
                _log.warning("a dead letter cannot be kept yet", extra={"why": str(failed)})
                if self._stopping.wait(pause_s):
                    raise _StoppedFirst from None
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        self._telemetry.dead_lettered.inc()
        _log.error("set aside", extra={"request": request.id, "reason": reason, "span": span})

    def _opened(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self._open_ledger()
        return self._ledger

    def _forget(self, requests: Sequence[int]) -> None:
        """Delete what is booked; where the disk fails, it is booked again after the next start, to no effect."""
        try:
            self._spool.forget(requests)
        except (SpoolFull, SpoolUnusable) as failed:
            _log.warning("booked requests stay in the spool", extra={"why": str(failed)})

    def _keep(self) -> None:
        """Settle and bring the rollups up to date from time to time."""
        self._now_and_then("settle", self._pace.settle_s, self._settle)
        self._now_and_then("rollups", self._pace.rollups_s, self._rebuild_rollups)

    def _settle(self, ledger: Ledger) -> None:
        report = ledger.settle(now_ns=time.time_ns(), authorities=self._books.authorities or None)
        self._telemetry.settled(report)

    @staticmethod
    def _rebuild_rollups(ledger: Ledger) -> None:
        ledger.rebuild_rollups()

    def _now_and_then(self, name: str, every_s: float, work: Callable[[Ledger], None]) -> None:
        now = time.monotonic()
        if self._ledger is None or now < self._due.setdefault(name, now + every_s):
            return
        try:
            work(self._ledger)
        except Exception as failed:  # noqa: BLE001 - whatever ails the store, booking goes on and this is tried again
            why = str(failed) or type(failed).__name__
            _log.warning("to be done later", extra={"work": name, "why": why})
        self._due[name] = time.monotonic() + every_s
