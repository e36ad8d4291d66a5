"""One collector: its spool, its doors, and how it starts, reloads and stops."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from otel_costing.clickhouse.holder import Holder, new_token
from otel_costing.problems import Problem
from otel_costing_collector.admin import Admin
from otel_costing_collector.booking import Booking, Ledger, Pace, SealsSpool
from otel_costing_collector.certificates import Certificates
from otel_costing_collector.config import Config
from otel_costing_collector.dead_letters import DEAD_LETTERS, DeadLetters
from otel_costing_collector.doors import Doors
from otel_costing_collector.forwarding.forwarder import Forwarder
from otel_costing_collector.forwarding.headers import headers_in
from otel_costing_collector.forwarding.outbox import OUTBOX
from otel_costing_collector.forwarding.route import Route
from otel_costing_collector.jobs.desk import desk_of
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.reception import Limits, Reception
from otel_costing_collector.replays import take_in_replays
from otel_costing_collector.rest.door import RestDoor
from otel_costing_collector.sealed_in import SealedIn
from otel_costing_collector.sealing_here import SealingHere
from otel_costing_collector.sealing_process import SealingProcess
from otel_costing_collector.senders import SENDERS, Senders
from otel_costing_collector.settings import Loaded
from otel_costing_collector.spool import Spool
from otel_costing_collector.sql_endpoint.application import SqlEndpoint
from otel_costing_collector.sql_endpoint.opening import sql_endpoint_of
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
        "tags_file",
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
    sql: int | None
    """None where nothing is asked in SQL."""


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
        self.books = PricingBooks(loaded.book, Senders(self.config.spool_directory / SENDERS))
        self.books.senders.use(loaded.tokens.identities, loaded.tag_policy)
        self._forwarder = self._forwarder_of(self.config)
        self._local_token = new_token()
        self._reception = Reception(
            self.spool,
            _limits(self.config),
            loaded.tokens.with_local(self._local_token),
            self.telemetry,
            keeps_all=self._forwarder is not None,
        )
        self.dead_letters = DeadLetters(self.config.spool_directory / DEAD_LETTERS)
        self.telemetry.watch_in_flight(self.in_flight_bytes)
        self.telemetry.watch_dead_letters(self.dead_letters.count)
        self._booking = self._booking_into(open_ledger) if open_ledger else None
        self._desk = desk_of(self.config, lambda: self._reception.tokens) if open_ledger else None
        self._sql = self._sql_endpoint() if open_ledger else None
        self.is_held_up = False
        """Once it stopped: whether the engine is still busy with a question, and would hold up the end of the process."""
        readable = self.config.store_dsn if open_ledger else None
        self._rest = RestDoor(self._reception, self.spool, readable, loaded.tag_policy)
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
            self.config.http_address, self._rest.application, is_public=True
        )
        grpc_port = await self._doors.open_grpc(self.config.grpc_address, self._reception)
        if self._forwarder is not None:
            self._forwarder.start()
        if self._booking is not None:
            self._booking.start()
        self._replays = asyncio.create_task(self._take_in_replays())
        sql = await self._open_sql()
        if self._desk is not None:
            self._desk.open(self._known_as(admin, sql))
        self._ready = True
        return Ports(grpc_port, http, admin, sql)

    def _sql_endpoint(self) -> SqlEndpoint | None:
        return sql_endpoint_of(self.config, lambda: self._reception.tokens, self.telemetry)

    async def _open_sql(self) -> int | None:
        address = self.config.sql_address
        if self._sql is None or address is None:
            return None
        # Tools on this machine ask in the clear; what others reach is under the certificate.
        return await self._doors.open_http(address, self._sql, is_public=not address.is_loopback)

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
        jobs = self._desk.application if self._desk else None
        return Admin(self.telemetry.registry, ailing=self._ailing, unready=self._unready, jobs=jobs)

    def _known_as(self, admin_port: int, sql_port: int | None) -> Holder:
        """Return how commands that find the ledger held find this collector."""
        admin = self.config.admin_address.url_on(admin_port)
        address, sql = self.config.sql_address, ""
        if address is not None and sql_port is not None:
            tls = self._certificates is not None and not address.is_loopback
            sql = address.url_on(sql_port, tls=tls)
        return Holder(os.getpid(), sql, admin, self._local_token)

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
            self._forwarder.may_forget if self._forwarder else lambda _numbers: True,
            self._seals(),
        )
        self.telemetry.watch_booking(booking.failing)
        return booking

    def _seals(self) -> SealsSpool:
        if self.config.booking_sealing is SealedIn.THREAD:
            return SealingHere
        restarted, most = self.telemetry.sealing_restarts.inc, self.config.booking_processes
        return partial(SealingProcess, restarted=restarted, most=most)

    def _forwarder_of(self, config: Config) -> Forwarder | None:
        if config.forward_endpoint is None:
            return None
        route = Route(
            config.forward_endpoint,
            headers_in(config.forward_headers_variable),
            config.forward_compression,
            config.forward_timeout_seconds,
            config.forward_certificate,
        )
        outbox = config.spool_directory / OUTBOX, config.forward_max_bytes
        return Forwarder(self.spool, *outbox, route, self.books, self.telemetry)

    def _ailing(self) -> str:
        parts = (self.spool, self._booking, self._forwarder)
        return next((why for part in parts if part is not None and (why := part.ailing())), "")

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
        # First, as a disk may fail: what a token stands for is on it before anything comes under that name.
        self.books.senders.use(loaded.tokens.identities, loaded.tag_policy)
        self._rest.use(loaded.tag_policy)
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
        self._reception.use(_limits(self.config), loaded.tokens.with_local(self._local_token))

    async def stop(self) -> None:
        """Accept nothing new, finish answers within the limit, leave the rest in the spool. Twice is safe."""
        self._ready = False
        self._reception.stop()
        if self._desk is not None:
            self._desk.leave()
        if self._sql is not None:
            self._sql.leave()
        await self._doors.close()
        if self._sql is not None:
            self.is_held_up = not await asyncio.to_thread(self._sql.close)
        self._reception.close()
        await asyncio.to_thread(self._rest.close)
        if self._replays is not None:
            self._replays.cancel()
            await asyncio.wait([self._replays])
        if self._booking is not None:
            await asyncio.to_thread(self._booking.stop, self.config.limits_stop_seconds)
        if self._forwarder is not None:
            await self._forwarder.stop(self.config.limits_stop_seconds)
        if self._desk is not None:
            await asyncio.to_thread(self._desk.close, self.config.limits_stop_seconds)
        await asyncio.to_thread(self.spool.close)


def _certificates(config: Config) -> Certificates | None:
    if not config.tls_certificate:
        return None
    return Certificates(Path(config.tls_certificate), Path(config.tls_key))


def _limits(config: Config) -> Limits:
    return Limits(
        config.limits_request_bytes, config.limits_in_flight_bytes, config.limits_body_seconds
    )
