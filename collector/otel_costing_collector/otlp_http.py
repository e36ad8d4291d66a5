"""OTLP over HTTP, as an ASGI application.

Source: opentelemetry-proto `docs/specification.md`, "OTLP/HTTP". What is wrong with the head of a request is said
before its body is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any, NamedTuple

from otel_costing_collector.answers import encoded, response_to, status_of
from otel_costing_collector.compression import CONTENT_ENCODINGS, too_large
from otel_costing_collector.in_flight import Held
from otel_costing_collector.reception import Posted, Reception
from otel_costing_collector.refusals import RETRY_SECONDS, Reason, Refused
from otel_costing_collector.spool_record import Encoding, Kind
from otel_costing_collector.tokens import CHALLENGE

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

_KINDS = {"/v1/traces": Kind.TRACES, "/v1/logs": Kind.LOGS}
_NOT_IMPLEMENTED = frozenset({"/v1/metrics", "/v1development/profiles"})
_MEDIA_TYPES = {"application/x-protobuf": Encoding.PROTOBUF, "application/json": Encoding.JSON}
_MEDIA_TYPE_OF = {encoding: media_type for media_type, encoding in _MEDIA_TYPES.items()}
_PROTOCOL = "http"
_DRAIN_SECONDS = 2
_ALLOWED = "POST"


class _Headers(NamedTuple):
    authorization: str | None
    content_type: str
    content_encoding: str
    content_length: int
    expects_permission: bool
    """The sender waits to be told that its body is wanted."""


class OtlpHttp:
    """The application."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = _headers(scope["headers"])
        body = _Body(receive)
        encoding = _MEDIA_TYPES.get(headers.content_type, Encoding.PROTOBUF)
        try:
            with self._reception.answering(_PROTOCOL):
                answer = await self._accepted(scope, headers, body)
        except Refused as refused:
            if not headers.expects_permission:
                await body.drain(2 * self._reception.limits.max_request_bytes)
            await _refuse(send, refused, encoding, close=not body.whole)
        except asyncio.CancelledError:
            # uvicorn would answer 500, and the sender drop its data.
            stopping = Refused(Reason.STOPPING, "the collector is stopping")
            await _refuse(send, stopping, encoding, close=True)
            raise
        else:
            await _answer(send, 200, answer, encoding, [])

    async def _accepted(self, scope: Scope, headers: _Headers, body: _Body) -> bytes:
        kind = _kind_of(scope)
        identity = self._reception.admit(headers.authorization)
        encoding = _encoding_of(headers)
        with self._reception.in_flight.holding() as held:
            read = await self._read(headers, body, held)
            posted = Posted(
                _PROTOCOL, kind, encoding, headers.content_encoding, identity.name, read
            )
            return response_to(await self._reception.receive(posted, held), kind, encoding)

    async def _read(self, headers: _Headers, body: _Body, held: Held) -> bytes:
        limits = self._reception.limits
        if headers.content_length > limits.max_request_bytes:
            raise too_large(limits.max_request_bytes)
        held.at_least(headers.content_length)
        try:
            async with asyncio.timeout(limits.body_timeout_seconds):
                return await body.read(limits.max_request_bytes, held)
        except TimeoutError:
            raise Refused(
                Reason.TOO_SLOW, f"the body took over {limits.body_timeout_seconds:g} s to arrive"
            ) from None


class _Body:
    """What follows the head of a request."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = False
        """Whether nothing of it is left on the way."""

    async def read(self, most_bytes: int, held: Held) -> bytes:
        """Return all of it, holding what has come."""
        parts = []
        size = 0
        while not self.whole:
            part = await self._part()
            size += len(part)
            if size > most_bytes:
                raise too_large(most_bytes)
            held.at_least(size)
            parts.append(part)
        return b"".join(parts)

    async def drain(self, most_bytes: int) -> None:
        """Let the rest pass by, for a while: closing on a sender that still sends destroys the answer."""
        with suppress(TimeoutError, Refused):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self.whole and most_bytes > 0:
                    most_bytes -= len(await self._part())

    async def _part(self) -> bytes:
        event = await self._receive()
        if event["type"] == "http.disconnect":
            self.whole = True
            raise Refused(Reason.DISCONNECTED, "the sender left before the request was whole")
        self.whole = not event.get("more_body")
        part: bytes = event.get("body", b"")
        return part


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> _Headers:
    found = {name: value.decode("latin-1") for name, value in raw}
    length = found.get(b"content-length", "")
    return _Headers(
        found.get(b"authorization"),
        found.get(b"content-type", "").partition(";")[0].strip().lower(),
        found.get(b"content-encoding", "").strip().lower() or "identity",
        int(length) if length.isdecimal() else 0,
        found.get(b"expect", "").lower() == "100-continue",
    )


def _kind_of(scope: Scope) -> Kind:
    path = scope["path"]
    if path in _NOT_IMPLEMENTED:
        raise Refused(
            Reason.NOT_IMPLEMENTED, "only traces and logs are taken here: /v1/traces, /v1/logs"
        )
    if path not in _KINDS:
        raise Refused(Reason.NOT_FOUND, "there is nothing here; send to /v1/traces or /v1/logs")
    if scope["method"] != _ALLOWED:
        raise Refused(Reason.WRONG_METHOD, f"requests are sent with {_ALLOWED}")
    return _KINDS[path]


def _encoding_of(headers: _Headers) -> Encoding:
    if headers.content_type not in _MEDIA_TYPES:
        raise Refused(
            Reason.UNSUPPORTED_MEDIA_TYPE, f"the Content-Type is one of {', '.join(_MEDIA_TYPES)}"
        )
    if headers.content_encoding not in CONTENT_ENCODINGS:
        raise Refused(
            Reason.UNSUPPORTED_MEDIA_TYPE,
            f"the Content-Encoding is one of {', '.join(CONTENT_ENCODINGS)}",
        )
    return _MEDIA_TYPES[headers.content_type]


async def _refuse(send: Send, refused: Refused, encoding: Encoding, *, close: bool) -> None:
    headers = [(b"connection", b"close")] if close else []
    if refused.reason.retry:
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    if refused.reason is Reason.UNAUTHENTICATED:
        headers.append((b"www-authenticate", CHALLENGE.encode()))
    if refused.reason is Reason.WRONG_METHOD:
        headers.append((b"allow", _ALLOWED.encode()))
    if refused.reason is Reason.UNSUPPORTED_MEDIA_TYPE:
        headers.append((b"accept-encoding", ", ".join(CONTENT_ENCODINGS).encode()))
    body = encoded(status_of(refused), encoding)
    await _answer(send, refused.reason.http_status, body, encoding, headers)


async def _answer(
    send: Send, status: int, body: bytes, encoding: Encoding, headers: list[tuple[bytes, bytes]]
) -> None:
    about = [
        (b"content-type", _MEDIA_TYPE_OF[encoding].encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*about, *headers]})
    await send({"type": "http.response.body", "body": body})
