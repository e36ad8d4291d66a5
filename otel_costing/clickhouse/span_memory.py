"""Fills the span filter of an embedded ledger beside its booking, and keeps it for as long as the ledger is open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import closing

from otel_costing.clickhouse.connection import Connection, connect_to
from otel_costing.clickhouse.span_filter import ID_BYTES, SpanFilter
from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.target import Embedded, Server

_log = logging.getLogger(__name__)
_READ_BYTES = ID_BYTES * 40_000
_kept: dict[Embedded, SpanFilter] = {}


def filter_of(ledger: Embedded | Server) -> SpanFilter | None:
    """Return what this process remembers of a ledger's spans, the same for every handle on it; None without."""
    return _kept.get(ledger) if isinstance(ledger, Embedded) else None


class SpanMemory:
    """The filter of a ledger, from now until it is closed. Nobody else may hold its directory meanwhile."""

    def __init__(self, ledger: Embedded) -> None:
        """Begin to take in what is there, through a handle of its own."""
        self._ledger = ledger
        self._closing = threading.Event()
        # From here on all that is written is in it too.
        self._filter = _kept[ledger] = SpanFilter()
        self._thread = threading.Thread(target=self._run, name="span memory", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with closing(connect_to(self._ledger, create=False)) as connection:
                for ids in _stored(connection):
                    if self._closing.is_set():
                        return
                    self._filter.add(ids)
        except Exception:  # noqa: BLE001 - whatever ails the store, booking goes on without it
            _log.exception("the ledger is asked about every span")
            return
        self._filter.is_whole = True

    def close(self) -> None:
        """Forget: another process may write to the directory from now on. Twice is safe."""
        self._closing.set()
        self._thread.join()
        _kept.pop(self._ledger, None)


def _stored(connection: Connection) -> Iterator[bytes]:
    with closing(connection.raw_stream(query_text("span_ids"), "RowBinary")) as stored:
        while ids := stored.read(_READ_BYTES):
            yield ids
