"""An ASGI application served inside a running event loop, on sockets that are bound already.

uvicorn answers requests; what it leaves open is closed here: a sender that never finishes a request's head, or
sends one without end, is cut off.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Application = Callable[..., Awaitable[None]]

CUT_OFF = "otel_costing.cut_off"
"""An ASGI extension: its `transport` can be closed under an answer that had begun, which is then seen to be no whole one."""
_LARGEST_HEAD_BYTES = 64 * 1024
_TICK_SECONDS = 1
_KEEP_ALIVE_SECONDS = 75
"""Longer than the interval of any exporter, so that a connection serves more than one request."""


class HttpServer:
    """One application on some sockets."""

    def __init__(
        self,
        application: Application,
        sockets: list[socket.socket],
        *,
        tls: ssl.SSLContext | None,
        header_timeout_seconds: float,
        stop_seconds: float,
    ) -> None:
        """Prepare the server.

        Args:
            application: what answers.
            sockets: bound and listening; the server closes them.
            tls: the context of the certificate, None for plain HTTP.
            header_timeout_seconds: from the first byte of a request, or the connection, to the end of its head.
            stop_seconds: how long answers may take once the server stops.
        """
        self._sockets = sockets
        self._server = _Server(
            uvicorn.Config(
                application,
                http=_protocol(header_timeout_seconds),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=max(1, round(stop_seconds)),
                ssl_context_factory=None if tls is None else lambda *_: tls,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Listen."""
        self._serving = asyncio.create_task(self._server.serve(self._sockets))
        await self._server.listening.wait()

    async def stop(self) -> None:
        """Finish answers and close. Twice is safe."""
        self._server.leave()
        if self._serving is not None:
            await self._serving


class _Server(uvicorn.Server):
    """Signals are the whole process's business, not one server's."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._leaving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        while not self.should_exit:
            await self.on_tick(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), _TICK_SECONDS)

    def leave(self) -> None:
        self.should_exit = True
        self._leaving.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _protocol(header_timeout_seconds: float) -> type[asyncio.Protocol]:
    class Protocol(_BoundedHead):
        seconds = header_timeout_seconds

    return Protocol


class _BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol with a deadline and a size for the head of each request."""

    seconds: float
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > _LARGEST_HEAD_BYTES:
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CUT_OFF: {"transport": self.transport}}
        self._begin_head()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def _begin_head(self) -> None:
        if self._deadline is None:
            self._head_bytes = 0
            self._deadline = self.loop.call_later(self.seconds, self.transport.close)

    def _end_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
