"""What comes behind the head of an HTTP request, read within limits, whichever application it is for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any, NamedTuple

from otel_costing_collector.compression import too_large
from otel_costing_collector.in_flight import Held
from otel_costing_collector.reception import Limits
from otel_costing_collector.refusals import Reason, Refused

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

_DRAIN_SECONDS = 2


class Head(NamedTuple):
    """What of a request's head is looked at before its body."""

    authorization: str | None
    content_type: str
    content_encoding: str
    content_length: int
    expects_permission: bool
    """The sender waits to be told that its body is wanted."""


class RequestBody:
    """What follows the head of a request."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = False
        """Whether nothing of it is left on the way."""

    async def read(self, head: Head, limits: Limits, held: Held) -> bytes:
        """Return all of it, as it came, holding what has come.

        Raises:
            Refused: it is larger than one request may be, or slower.
        """
        if head.content_length > limits.max_request_bytes:
            raise too_large(limits.max_request_bytes)
        held.at_least(head.content_length)
        try:
            async with asyncio.timeout(limits.body_timeout_seconds):
                return await self._read(limits.max_request_bytes, held)
        except TimeoutError:
            raise Refused(
                Reason.TOO_SLOW, f"the body took over {limits.body_timeout_seconds:g} s to arrive"
            ) from None

    async def _read(self, most_bytes: int, held: Held) -> bytes:
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


def head_of(raw: Iterable[tuple[bytes, bytes]]) -> Head:
    """Read the head of an ASGI scope."""
    found = {name: value.decode("latin-1") for name, value in raw}
    length = found.get(b"content-length", "")
    return Head(
        found.get(b"authorization"),
        found.get(b"content-type", "").partition(";")[0].strip().lower(),
        found.get(b"content-encoding", "").strip().lower() or "identity",
        int(length) if length.isdecimal() else 0,
        found.get(b"expect", "").lower() == "100-continue",
    )
