"""OTLP over HTTP, as an ASGI application.

Source: opentelemetry-proto `docs/specification.md`, "OTLP/HTTP". What is wrong with the head of a request is said
before its body is read.
"""

from __future__ import annotations

import asyncio

from otel_costing_collector.answers import encoded, response_to, status_of
from otel_costing_collector.compression import CONTENT_ENCODINGS
from otel_costing_collector.reception import Posted, Reception
from otel_costing_collector.refusals import RETRY_SECONDS, Reason, Refused
from otel_costing_collector.request_body import Head, Receive, RequestBody, Scope, Send, head_of
from otel_costing_collector.spool_record import Encoding, Kind
from otel_costing_collector.tokens import CHALLENGE

__all__ = ["KINDS", "OtlpHttp", "Receive", "Scope", "Send"]

KINDS = {"/v1/traces": Kind.TRACES, "/v1/logs": Kind.LOGS}
_NOT_IMPLEMENTED = frozenset({"/v1/metrics", "/v1development/profiles"})
_MEDIA_TYPES = {"application/x-protobuf": Encoding.PROTOBUF, "application/json": Encoding.JSON}
_MEDIA_TYPE_OF = {encoding: media_type for media_type, encoding in _MEDIA_TYPES.items()}
_PROTOCOL = "http"
_ALLOWED = "POST"


class OtlpHttp:
    """The application."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = head_of(scope["headers"])
        body = RequestBody(receive)
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

    async def _accepted(self, scope: Scope, headers: Head, body: RequestBody) -> bytes:
        kind = _kind_of(scope)
        identity = self._reception.admit(headers.authorization)
        encoding = _encoding_of(headers)
        with self._reception.in_flight.holding() as held:
            read = await body.read(headers, self._reception.limits, held)
            posted = Posted(
                _PROTOCOL, kind, encoding, headers.content_encoding, identity.name, read
            )
            return response_to(await self._reception.receive(posted, held), kind, encoding)


def _kind_of(scope: Scope) -> Kind:
    path = scope["path"]
    if path in _NOT_IMPLEMENTED:
        raise Refused(
            Reason.NOT_IMPLEMENTED, "only traces and logs are taken here: /v1/traces, /v1/logs"
        )
    if path not in KINDS:
        raise Refused(Reason.NOT_FOUND, "there is nothing here; send to /v1/traces or /v1/logs")
    if scope["method"] != _ALLOWED:
        raise Refused(Reason.WRONG_METHOD, f"requests are sent with {_ALLOWED}")
    return KINDS[path]


def _encoding_of(headers: Head) -> Encoding:
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
