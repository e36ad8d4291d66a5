"""The addresses a collector listens on, opened one by one and closed together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import grpc

from otel_costing_collector.addresses import Address, listening_sockets
from otel_costing_collector.certificates import Certificates
from otel_costing_collector.config import Config
from otel_costing_collector.http_server import Application, HttpServer
from otel_costing_collector.otlp_grpc import grpc_server
from otel_costing_collector.reception import Reception

_DOORS = ("grpc", "http", "admin", "sql")


class AddressInUse(Exception):  # noqa: N818 - it names the state of the address, and callers catch it as such
    """A door cannot be opened; the message says which and why in one sentence."""


class Doors:
    """What is open. The first that was opened closes last: it tells how the others close."""

    def __init__(self, config: Config, certificates: Certificates | None) -> None:
        self._config = config
        self._certificates = certificates
        self._closers: list[Callable[[], Awaitable[None]]] = []

    async def open_http(
        self, address: Address, application: Application, *, is_public: bool = False
    ) -> int:
        """Serve an application and return its port.

        Args:
            address: where.
            application: what answers.
            is_public: whether it is served under the certificate, where there is one.

        Raises:
            AddressInUse: it cannot be opened.
        """
        try:
            sockets = listening_sockets(address)
        except OSError as error:
            raise self._cannot_listen(address, address, error.strerror) from None
        server = HttpServer(
            application,
            sockets,
            tls=self._certificates.context if is_public and self._certificates else None,
            header_timeout_seconds=self._config.limits_header_seconds,
            stop_seconds=self._config.limits_stop_seconds,
        )
        await server.start()
        self._closers.append(server.stop)
        return server.port

    async def open_grpc(self, address: Address, reception: Reception) -> int:
        """Serve OTLP over gRPC and return the port.

        Raises:
            AddressInUse: it cannot be opened.
        """
        server = grpc_server(
            reception,
            max_request_bytes=self._config.limits_request_bytes,
            header_timeout_seconds=self._config.limits_header_seconds,
        )
        port = address.port
        for host in address.hosts:
            port = self._bound(server, address, Address(host, port)) or port
        if not port:
            raise self._cannot_listen(address, address, "it is not ours")
        await server.start()
        self._closers.append(partial(server.stop, self._config.limits_stop_seconds))
        return port

    async def close(self) -> None:
        """Finish answers and close. Twice is safe."""
        await asyncio.gather(*(close() for close in self._closers[1:]))
        for close in self._closers[:1]:
            await close()

    def _bound(self, server: grpc.aio.Server, of: Address, address: Address) -> int:
        try:
            if self._certificates is None:
                return server.add_insecure_port(str(address))
            return server.add_secure_port(str(address), self._certificates.grpc_credentials())
        except RuntimeError:
            if address.host == "::1":
                # A machine without IPv6 has no second loopback.
                return 0
            raise self._cannot_listen(of, address, "it is in use or not ours") from None

    def _cannot_listen(self, of: Address, address: Address, why: str | None) -> AddressInUse:
        """Name one of the addresses of a door, and the setting that says another."""
        door = next(door for door in _DOORS if getattr(self._config, f"{door}_address") == of)
        return AddressInUse(
            f"cannot listen on {address}: {why or 'it cannot be opened'}; end what listens there, or say another address "
            f"with --set {door}.address={str(of).removesuffix(str(of.port))}PORT"
        )
