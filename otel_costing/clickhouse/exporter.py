"""Finished spans straight into a ledger, for an application without a collector. It never hurts its host."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_costing.batch import batch_of
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable, StoreUnusable
from otel_costing.promoted import Promoted
from otel_costing.rates import RateBook, default_rates
from otel_costing.readable import record_of

_log = logging.getLogger(__name__)

_EVERY_S = 60.0
_LARGEST_SHARE = 0.05
"""Of the exporter's time that this may take: a ledger that grew large is brought up less often."""


class ClickHouseSpanExporter(SpanExporter):
    """Books the calls among the exported spans, and the skeleton of all.

    The store is opened at the first export. Where it cannot be this process's (an embedded directory that
    another one holds, a fork), the exporter says so once and is off from then on; after any other trouble
    the export fails and the next one tries again. Settling and `rollup_daily` follow once a minute and at the end.
    """

    def __init__(self, *, dsn: str, rates: RateBook | None = None) -> None:
        """Take where the ledger is (see `Store.open`) and the book that prices, the packaged one if None."""
        self._dsn = dsn
        self._rates = rates
        self._store: Store | None = None
        self._promoted: Promoted = ()
        self._pid = os.getpid()
        self._is_off = False
        self._exporting = threading.Lock()
        self._next_catch_up_s = time.monotonic() + _EVERY_S
        self._has_news = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Price, settle and book `spans` as one batch. Raises nothing."""
        if os.getpid() != self._pid:
            self._switch_off("it was made before this process was forked; make one in each process")
        if self._is_off:
            return SpanExportResult.FAILURE
        with self._exporting:
            try:
                self._book(spans)
            except StoreUnusable as unusable:
                self._switch_off(str(unusable))
                return SpanExportResult.FAILURE
            except StoreUnavailable as unavailable:
                _log.warning("the ledger did not take %d spans: %s", len(spans), unavailable)
                return SpanExportResult.FAILURE
            except Exception:  # noqa: BLE001 - telemetry never hurts its host
                _log.exception("the ledger did not take %d spans", len(spans))
                return SpanExportResult.FAILURE
            if time.monotonic() >= self._next_catch_up_s:
                self._catch_up()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Let go of the store. Later exports fail."""
        self._is_off = True
        if self._store is not None and os.getpid() == self._pid:
            with self._exporting:
                if self._has_news:
                    self._catch_up()
                self._store.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the interface's name
        """Return at once: nothing is held back."""
        return True

    def _book(self, spans: Sequence[ReadableSpan]) -> None:
        if self._store is None:
            self._store = Store.open(self._dsn)
            self._promoted = self._store.promotions()
        rates = self._rates if self._rates is not None else default_rates()
        records = [record_of(span) for span in spans]
        self._store.book(batch_of(records, rates, time.time_ns(), promoted=self._promoted))
        self._has_news = True

    def _catch_up(self) -> None:
        """Settle what came in several batches, and rebuild rollups; what fails is found the next time."""
        started_s = time.monotonic()
        try:
            if self._store is not None:
                for refused in self._store.settle(now_ns=time.time_ns()).refused:
                    _log.warning("left unsettled: %s", refused)
                self._store.rebuild_rollups()
                self._promoted = self._store.promotions()
            self._has_news = False
        except Exception as error:  # noqa: BLE001 - telemetry never hurts its host
            _log.warning("settling and rollup_daily stay behind for now: %s", error)
        ended_s = time.monotonic()
        pause_s = max(_EVERY_S, (ended_s - started_s) / _LARGEST_SHARE)
        self._next_catch_up_s = ended_s + pause_s

    def _switch_off(self, why: str) -> None:
        if not self._is_off:
            self._is_off = True
            _log.warning("ClickHouseSpanExporter is off: %s", why)
