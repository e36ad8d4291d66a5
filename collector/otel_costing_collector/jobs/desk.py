"""What a collector does for other processes with the embedded ledger that it alone can open: take jobs, and be found."""

from __future__ import annotations

import logging
from collections.abc import Callable

import lmdb

from otel_costing.clickhouse.directory_lock import held_here
from otel_costing.clickhouse.holder import Holder, announce, withdraw
from otel_costing.clickhouse.target import Embedded
from otel_costing_collector.config import Config
from otel_costing_collector.http_server import Application
from otel_costing_collector.jobs.api import JobsApi
from otel_costing_collector.jobs.queue import Jobs
from otel_costing_collector.jobs.shelf import DIRECTORY, Shelf
from otel_costing_collector.tokens import Tokens

_log = logging.getLogger(__name__)


class Desk:
    """One collector's."""

    def __init__(self, config: Config, ledger: Embedded, tokens: Callable[[], Tokens]) -> None:
        """Open the file of jobs.

        Args:
            config: the collector's.
            ledger: what it holds.
            tokens: those of now.

        Raises:
            OSError, lmdb.Error: it cannot be; the disk may be full.
        """
        self._ledger = ledger
        self._jobs = Jobs(Shelf(config.spool_directory / DIRECTORY, config.jobs_max_bytes), ledger)
        self.application: Application = JobsApi(self._jobs, ledger.database, tokens).application

    def open(self, holder: Holder) -> None:
        """Begin to work, and become known."""
        self._jobs.start()
        try:
            announce(self._ledger.directory, holder)
        except OSError as failed:
            _log.error("commands will not find this collector", extra={"why": failed.strerror})

    def leave(self) -> None:
        """Begin nothing new, and be found no more. Twice is safe."""
        withdraw(self._ledger.directory)
        self._jobs.leave()

    def close(self, timeout_s: float) -> None:
        """Wait for what is being done. Twice is safe."""
        self._jobs.stop(timeout_s)


def desk_of(config: Config, tokens: Callable[[], Tokens]) -> Desk | None:
    """Return the desk of a collector that holds an embedded ledger; a server can be asked by anyone without it."""
    ledger = held_here(config.store_dsn)
    if ledger is not None:
        try:
            return Desk(config, ledger, tokens)
        except (OSError, lmdb.Error) as failed:
            # What is sent is received and booked nevertheless.
            _log.error(
                "no jobs are taken, and commands do not find this", extra={"why": str(failed)}
            )
    return None
