"""One collector: its spool, its doors, and how it starts, reloads and stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

from otel_costing.problems import Problem
from otel_costing_collector.admin import Admin
from otel_costing_collector.booking import Booking, Ledger, Pace
from otel_costing_collector.certificates import Certificates
from otel_costing_collector.config import Config
from otel_costing_collector.dead_letters import DEAD_LETTERS, DeadLetters
from otel_costing_collector.doors import Doors
from otel_costing_collector.otlp_http import OtlpHttp
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.reception import Limits, Reception
from otel_costing_collector.replays import take_in_replays
from otel_costing_collector.settings import Loaded
from otel_costing_collector.spool import Spool
from otel_costing_collector.telemetry import Telemetry

_log = logging.getLogger(__name__)
_REPLAY_SECONDS = 1.0
"""How often dead letters that are to be put back are looked for."""
_RELOADED = frozenset(
    {
        "limits_in_flight_bytes",
        "limits_body_seconds",
        "tls_certificate",
        "tls_key",
        "tokens_file",
        "tokens_variable",
        "rates_directory",
        "rates_overrides",
    }
)
"""What a reload changes; the rest needs a start."""


class Ports(NamedTuple):
    """Where a started collector listens."""

    grpc: int
    http: int
    admin: int


class Service:
    """One collector: its doors, its spool, and the thread that books."""

    def __init__(self, loaded: Loaded, open_ledger: Callable[[], Ledger] | None = None) -> None:
        """Open the spool.

        Args:
            loaded: the configuration.
            open_ledger: see `Booking`; None to receive and spool only.

        Raises:
            SpoolUnusable: another process holds it, or it cannot be written.
        """
        self.config = loaded.config
        self.telemetry = Telemetry()
        self._certificates = _certificates(self.config)
        self.spool = Spool(
            self.config.spool_directory,
            self.config.spool_max_bytes,
            committed=self.telemetry.committed,
        )
        self.telemetry.watch_spool(self.spool.state)
        self._reception = Reception(self.spool, _limits(self.config), loaded.tokens, self.telemetry)
        self.books = PricingBooks(loaded.book, self.config.booking_authorities)
        self.dead_letters = DeadLetters(self.config.spool_directory / DEAD_LETTERS)
        self.telemetry.watch_in_flight(self.in_flight_bytes)
        self.telemetry.watch_dead_letters(self.dead_letters.count)
        self._booking = self._booking_into(open_ledger) if open_ledger else None
        self._replays: asyncio.Task[None] | None = None
        self._doors = Doors(self.config, self._certificates)
        self._ready = False
        self._reloading = asyncio.Lock()

    async def start(self) -> Ports:
        """Open the doors, the administration's first.

        Raises:
            AddressInUse: one cannot be opened; stop the service then.
        """
        if self.spool.put_aside is not None:
            _log.error("the spool was damaged", extra={"put_aside": str(self.spool.put_aside)})
        for record in self.spool.set_aside():
            _log.error("a record of the spool is damaged", extra=record._asdict())
        admin = await self._doors.open_http(self.config.admin_address, self._admin())
        http = await self._doors.open_http(
            self.config.http_address, OtlpHttp(self._reception), is_public=True
        )
        grpc_port = await self._doors.open_grpc(self.config.grpc_address, self._reception)
        if self._booking is not None:
            self._booking.start()
        self._replays = asyncio.create_task(self._take_in_replays())
        self._ready = True
        return Ports(grpc_port, http, admin)

    async def _take_in_replays(self) -> None:
        while True:
            try:
                await asyncio.to_thread(
                    take_in_replays, self.dead_letters, self.spool, self.telemetry.replayed.inc
                )
            except Exception:  # noqa: BLE001 - a mistake of ours with one letter must not end the collector
                _log.exception("dead letters are not put back")
            await asyncio.sleep(_REPLAY_SECONDS)

    def in_flight_bytes(self) -> int:
        """Return how many bytes of requests are on their way to disk."""
        return self._reception.in_flight.bytes

    def _admin(self) -> Admin:
        return Admin(self.telemetry.registry, ailing=self._ailing, unready=self._unready)

    def _booking_into(self, open_ledger: Callable[[], Ledger]) -> Booking:
        pace = Pace(self.config.booking_linger_seconds, settle_s=self.config.booking_settle_seconds)
        booking = Booking(
            self.spool,
            open_ledger,
            self.books,
            self.dead_letters,
            self.telemetry,
            pace,
            self.config.store_spans,
        )
        self.telemetry.watch_booking(booking.failing)
        return booking

    def _ailing(self) -> str:
        return self.spool.ailing() or (self._booking.ailing() if self._booking else "")

    def _unready(self) -> str:
        if not self._ready:
            return "not accepting requests"
        return self.spool.ailing() or self.spool.refusing(self.config.limits_request_bytes)

    async def read_again(self, load: Callable[[], Loaded | list[Problem]]) -> None:
        """Do as `reload`, reading beside the answering of requests: a book of tables takes seconds. One at a time."""
        async with self._reloading:
            try:
                loaded = await asyncio.to_thread(load)
                self.reload(lambda: loaded)
            except Exception:  # noqa: BLE001 - whatever it was, the old configuration stays in use
                self.telemetry.reloads.labels("refused").inc()
                _log.exception("the old configuration stays in use")

    def reload(self, load: Callable[[], Loaded | list[Problem]]) -> None:
        """Use what the configuration says now; with any mistake in it, go on with the old one and say so."""
        loaded = load()
        if isinstance(loaded, list):
            self.telemetry.reloads.labels("refused").inc()
            for problem in loaded:
                _log.error("the old configuration stays in use", extra={"problem": str(problem)})
            return
        self._apply(loaded)
        self.telemetry.reloads.labels("done").inc()
        _log.info("the configuration was read again")

    def _apply(self, loaded: Loaded) -> None:
        old, new = self.config, loaded.config
        for field in fields(Config):
            changed = getattr(old, field.name) != getattr(new, field.name)
            if changed and field.name not in _RELOADED:
                _log.warning("a setting needs a restart", extra={"setting": field.name})
        if self._certificates is not None and new.tls_certificate:
            self._certificates.reload(Path(new.tls_certificate), Path(new.tls_key))
        elif bool(self._certificates) != bool(new.tls_certificate):
            _log.warning("a setting needs a restart", extra={"setting": "tls"})
        if loaded.book.digest != self.books.current.digest:
            self.books.use(loaded.book)
            _log.info("prices by another rate book", extra={"rates_digest": loaded.book.digest})
        self.config = replace(old, **{name: getattr(new, name) for name in _RELOADED})
        self._reception.use(_limits(self.config), loaded.tokens)

    async def stop(self) -> None:
        """Accept nothing new, finish answers within the limit, leave the rest in the spool. Twice is safe."""
        self._ready = False
        self._reception.stop()
        await self._doors.close()
        self._reception.close()
        if self._replays is not None:
            self._replays.cancel()
            await asyncio.wait([self._replays])
        if self._booking is not None:
            await asyncio.to_thread(self._booking.stop, self.config.limits_stop_seconds)
        await asyncio.to_thread(self.spool.close)


def _certificates(config: Config) -> Certificates | None:
    if not config.tls_certificate:
        return None
    return Certificates(Path(config.tls_certificate), Path(config.tls_key))


def _limits(config: Config) -> Limits:
    return Limits(
        config.limits_request_bytes, config.limits_in_flight_bytes, config.limits_body_seconds
    )
