"""ClickHouse's HTTP interface over the ledger that this process holds, as an ASGI application. It only reads.

Source: ClickHouse documentation, "HTTP Interface"; `src/Server/HTTPHandler.cpp`.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from uuid import uuid4

from otel_costing_collector.browsers import refusal_of
from otel_costing_collector.compression import decompressed
from otel_costing_collector.http_server import CUT_OFF
from otel_costing_collector.identities import Permission
from otel_costing_collector.in_flight import InFlight
from otel_costing_collector.reception import Limits as BodyLimits
from otel_costing_collector.refusals import Refused
from otel_costing_collector.request_body import Receive, RequestBody, Scope, Send, head_of
from otel_costing_collector.sql_endpoint.answering import Answering
from otel_costing_collector.sql_endpoint.answers import (
    Headers,
    Reads,
    Shape,
    always,
    refusal_headers,
)
from otel_costing_collector.sql_endpoint.asking import Answer, Asking
from otel_costing_collector.sql_endpoint.engine import Part
from otel_costing_collector.sql_endpoint.refusals import SqlRefused, bad_request, too_many
from otel_costing_collector.sql_endpoint.requests import Request, authorization_of, request_of
from otel_costing_collector.telemetry import Telemetry
from otel_costing_collector.tokens import Tokens

_log = logging.getLogger(__name__)
_ALIVE = frozenset(("/ping", "/replicas_status"))
_OK = b"Ok.\n"
_BODY = BodyLimits(4 * 2**20, 16 * 2**20, 30)
"""A question is at most a sixteenth of it; the rest is what its parameters say."""
_CODINGS = frozenset(("identity", "gzip", "deflate", "zstd"))
_GRACE_SECONDS = 3
"""From the end of a question's time to the end of the patience with who reads the answer."""
_QUERY_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")


class SqlEndpoint:
    """The application."""

    def __init__(
        self, asking: Asking, tokens: Callable[[], Tokens], seconds: float, telemetry: Telemetry
    ) -> None:
        """Prepare it.

        Args:
            asking: whom to ask.
            tokens: who may, now.
            seconds: how long an answer may take.
            telemetry: where it counts.
        """
        self._asking = asking
        self._tokens = tokens
        self._seconds = seconds
        self._telemetry = telemetry
        self._in_flight = InFlight(_BODY.max_in_flight_bytes)

    def leave(self) -> None:
        """End what is under way, for the collector stops; from the event loop."""
        self._asking.leave()

    def close(self) -> bool:
        """Let go of the ledger, and tell whether it could; the doors are closed by now. Twice is safe."""
        return self._asking.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        exchange = _Exchange(scope, receive, send)
        began = time.monotonic()
        refused = None
        try:
            outcome = await self._answered(scope, exchange)
        except SqlRefused as one:
            refused = one
            outcome = one.outcome
        except Exception:  # noqa: BLE001 - a mistake of ours is told as one, and logged
            _log.exception("a question in SQL failed")
            refused = SqlRefused(1002, "UNKNOWN_EXCEPTION", "the collector failed")
            outcome = refused.outcome
        if outcome:
            self._telemetry.sql_queries.labels(outcome).inc()
            self._telemetry.sql_seconds.observe(time.monotonic() - began)
        if refused is not None:
            await exchange.refuse(refused)

    async def _answered(self, scope: Scope, exchange: _Exchange) -> str:
        """Answer, and return what to call it; empty for what is no question."""
        tokens = self._tokens()
        foreign = refusal_of(scope["headers"], by_any_name=bool(tokens))
        if foreign:
            raise SqlRefused(497, "ACCESS_DENIED", foreign)
        if scope["path"] in _ALIVE:
            await exchange.reply(HTTPStatus.OK, _OK)
            return ""
        if scope["path"] != "/" or scope["method"] not in {"GET", "POST"}:
            await exchange.reply(HTTPStatus.NOT_FOUND, b"GET or POST /, or GET /ping\n")
            return ""
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        _admit(tokens, scope["query_string"], headers)
        body = await self._body(scope, exchange)
        # A form takes seconds to read, and the event loop acknowledges what others send.
        request = await asyncio.to_thread(request_of, scope["query_string"], headers, body)
        exchange.query_id = _query_id(request.query_id)
        if not request.text.strip():
            await exchange.reply(HTTPStatus.OK, _OK)
            return ""
        await self._ask(request, exchange)
        return "answered"

    async def _body(self, scope: Scope, exchange: _Exchange) -> bytes:
        head = head_of(scope["headers"])
        if head.content_encoding not in _CODINGS:
            raise bad_request(f"the Content-Encoding is one of {', '.join(sorted(_CODINGS))}")
        try:
            with self._in_flight.holding() as held:
                body = await exchange.body.read(head, _BODY, held)
                return decompressed(body, head.content_encoding, _BODY.max_request_bytes)
        except Refused as refused:
            raise too_many() if refused.reason.retry else bad_request(refused.message) from None

    async def _ask(self, request: Request, exchange: _Exchange) -> None:
        watch = asyncio.create_task(exchange.until_left())
        try:
            async with (
                self._asking.answer(request, exchange.hear) as answer,
                asyncio.timeout(self._seconds + _GRACE_SECONDS),
            ):
                await exchange.write(answer)
        except TimeoutError:
            raise SqlRefused(
                159, "TIMEOUT_EXCEEDED", "the answer was not made, or not read, in time"
            ) from None
        finally:
            watch.cancel()


class _Exchange:
    """One request and what is sent back."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extension = scope.get("extensions", {}).get(CUT_OFF, {})
        self._transport: asyncio.Transport | None = extension.get("transport")
        self.body = RequestBody(receive)
        self.query_id = str(uuid4())
        self._receive = receive
        self._send = send
        self._has_begun = False
        self._is_left = False
        self._answering: Answering | None = None

    async def until_left(self) -> None:
        """Wait until the client is gone, and end what is made for it."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_left = True
        if self._answering is not None:
            self._answering.leave()

    def hear(self, answering: Answering) -> None:
        """Learn what is made for the client; it may be gone already."""
        self._answering = answering
        if self._is_left:
            answering.leave()

    async def reply(self, status: int, body: bytes, headers: Headers | None = None) -> None:
        """Send a whole answer."""
        length = [(b"content-length", str(len(body)).encode())]
        await self._begin(status, [*(headers or []), *length])
        await self._send({"type": "http.response.body", "body": body})

    async def refuse(self, refused: SqlRefused) -> None:
        """Say why there is no answer; one that had begun is cut off, lest it be taken for a whole one."""
        if not self._has_begun:
            body = f"{refused.text}\n".encode()
            await self.reply(refused.status, body, refusal_headers(refused))
        elif self._transport is not None:
            await self._cut_off(self._transport)

    async def _cut_off(self, transport: asyncio.Transport) -> None:
        transport.close()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self.until_left()
        except TimeoutError:
            # Who does not read gets no more of it.
            transport.abort()
            await self.until_left()

    async def write(self, answer: Answer) -> None:
        """Send an answer: whole where it has one part, so that its headers say what it took, else as it comes."""
        parts, shape = answer.answering.parts(), answer.shape
        first = [part async for part in _at_most(parts, 2)]
        if len(first) < 2:
            await self._write_whole(first, shape)
            return
        await self._begin(HTTPStatus.OK, shape.headers())
        try:
            for part in first:
                await self._more(part.data)
            async for part in parts:
                await self._more(part.data)
        except SqlRefused as refused:
            await self._more(shape.broken_off(refused))
            raise
        await self._send({"type": "http.response.body", "body": shape.end()})

    async def _write_whole(self, parts: list[Part], shape: Shape) -> None:
        reads = Reads()
        for part in parts:
            reads = reads.and_part(part)
        end = shape.end() if parts else b""
        # What is joined alone is not copied.
        body = b"".join(one for one in (*(part.data for part in parts), end) if one)
        summary = [(b"x-clickhouse-summary", reads.as_header())]
        await self.reply(HTTPStatus.OK, body, [*shape.headers(), *summary])

    async def _begin(self, status: int, headers: Headers) -> None:
        self._has_begun = True
        all_headers = always(headers, self.query_id)
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})

    async def _more(self, data: bytes) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": True})


async def _at_most(parts: AsyncIterator[Part], number: int) -> AsyncIterator[Part]:
    for _ in range(number):
        part = await anext(parts, None)
        if part is None:
            return
        yield part


def _query_id(given: str) -> str:
    return given if _QUERY_ID.fullmatch(given) else str(uuid4())


def _admit(tokens: Tokens, query_string: bytes, headers: Mapping[str, str]) -> None:
    try:
        identity = tokens.identity_of(authorization_of(query_string, headers))
    except Refused as refused:
        raise SqlRefused(516, "AUTHENTICATION_FAILED", refused.message) from None
    if not identity.may(Permission.READ_ALL):
        raise SqlRefused(497, "ACCESS_DENIED", f"this token does not allow {Permission.READ_ALL}")
