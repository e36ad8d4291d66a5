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
from otel_costing.rates import RateBook, default_rates
from otel_costing.readable import record_of

_log = logging.getLogger(__name__)


class ClickHouseSpanExporter(SpanExporter):
    """Books the calls among the exported spans, and the skeleton of all.

    The store is opened at the first export. Where it cannot be this process's (an embedded directory that
    another one holds, a fork), the exporter says so once and is off from then on; after any other trouble
    the export fails and the next one tries again.
    """

    def __init__(self, *, dsn: str, rates: RateBook | None = None) -> None:
        """Take where the ledger is (see `Store.open`) and the book that prices, the packaged one if None."""
        self._dsn = dsn
        self._rates = rates
        self._store: Store | None = None
        self._pid = os.getpid()
        self._is_off = False
        self._exporting = threading.Lock()

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
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Let go of the store. Later exports fail."""
        self._is_off = True
        if self._store is not None and os.getpid() == self._pid:
            with self._exporting:
                self._store.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the interface's name
        """Return at once: nothing is held back."""
        return True

    def _book(self, spans: Sequence[ReadableSpan]) -> None:
        if self._store is None:
            self._store = Store.open(self._dsn)
        rates = self._rates if self._rates is not None else default_rates()
        records = [record_of(span) for span in spans]
        self._store.book(batch_of(records, rates, time.time_ns()))

    def _switch_off(self, why: str) -> None:
        if not self._is_off:
            self._is_off = True
            _log.warning("ClickHouseSpanExporter is off: %s", why)
