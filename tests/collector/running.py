"""A collector in this process, in an event loop of its own, and the raw ways to talk to it."""

from __future__ import annotations

import asyncio
import http.client
import ssl
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from otel_costing_collector.booking import Ledger
from otel_costing_collector.service import Ports, Service
from otel_costing_collector.settings import Loaded, load

TRACE_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PROTOBUF = "application/x-protobuf"
JSON = "application/json"


class Reply(NamedTuple):
    """What came back over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Running:
    """One collector; `settings` are `name=value` as on the command line."""

    def __init__(
        self,
        directory: Path,
        *settings: str,
        open_ledger: Callable[[], Ledger] | None = None,
    ) -> None:
        self.directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        loaded = load(None, environment={}, options=(*self._settings(), *settings))
        assert isinstance(loaded, Loaded), loaded
        self.service = Service(loaded, open_ledger)
        self.ports: Ports = self.wait(self.service.start())

    def _settings(self) -> list[str]:
        doors = [f"{door}.address=127.0.0.1:0" for door in ("grpc", "http", "admin", "sql")]
        # Another process would take a second to start, in each test that books.
        quick = ("limits.stop_seconds=2", "booking.sealing=thread")
        return [*doors, f"spool.directory={self.directory}", *quick]

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the collector's loop, and return what it returns."""
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(30)

    def call(self, work: Any, *arguments: Any) -> None:
        """Run something in the collector's loop, as a signal handler does."""

        async def run() -> None:
            work(*arguments)

        self.wait(run())

    def stop(self) -> None:
        """Stop the collector, its loop and its thread."""
        self.wait(self.service.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        patience = threading.Event()
        for _ in range(600):
            if true():
                return
            patience.wait(0.05)
        raise AssertionError("it never came")

    def spooled(self) -> list[bytes]:
        """Return the requests that wait in the spool."""
        return [request.body for request in self.service.spool.unbooked()]

    def counted(self, name: str, **labels: str) -> float:
        """Return what a metric says."""
        return self.service.telemetry.registry.get_sample_value(f"otel_costing_{name}", labels) or 0

    def request(
        self,
        method: str = "POST",
        path: str = "/v1/traces",
        body: bytes = b"",
        *,
        tls: ssl.SSLContext | None = None,
        **headers: str,
    ) -> Reply:
        """Send one HTTP request; `content_type=...` is the header `content-type`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.ports.http, method, path, body, named, tls)

    def admin(self, path: str) -> Reply:
        """Ask the administration's door."""
        return ask(self.ports.admin, "GET", path, b"", {}, None)

    def export(
        self,
        body: bytes,
        *,
        method: str = TRACE_METHOD,
        compression: grpc.Compression | None = None,
        metadata: tuple[tuple[str, str], ...] = (),
    ) -> bytes:
        """Send one gRPC call of raw bytes."""
        options = (("grpc.max_send_message_length", -1),)
        with grpc.insecure_channel(f"127.0.0.1:{self.ports.grpc}", options) as channel:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
            return call(body, timeout=20, compression=compression, metadata=metadata)


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    tls: ssl.SSLContext | None,
) -> Reply:
    """Send one HTTP request on a connection of its own."""
    connection = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        if tls is None
        else http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=tls)
    )
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, named, response.read())
    finally:
        connection.close()
