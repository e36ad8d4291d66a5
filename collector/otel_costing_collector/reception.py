"""From a request's bytes to its answer, whichever door it came through: read, checked, on disk, then OK."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeVar

from otel_costing_collector.compression import decompressed, too_large
from otel_costing_collector.contents import Contents, contents_of
from otel_costing_collector.identities import Identity
from otel_costing_collector.in_flight import Held, InFlight
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.spool import Spool, SpoolFull
from otel_costing_collector.spool_record import Encoding, Kind
from otel_costing_collector.telemetry import Telemetry
from otel_costing_collector.tokens import Tokens

_log = logging.getLogger(__name__)
_Read = TypeVar("_Read")
_SMALL_BYTES = {Encoding.PROTOBUF: 2**20, Encoding.JSON: 32 * 1024}
"""What is read in the event loop in about a millisecond: a hop to a thread costs more."""


class Limits(NamedTuple):
    """What one request, and all of them together, may take."""

    max_request_bytes: int
    max_in_flight_bytes: int
    body_timeout_seconds: float


class Posted(NamedTuple):
    """A request as it came."""

    protocol: str
    kind: Kind
    encoding: Encoding
    content_encoding: str
    sender: str
    body: bytes


class Reception:
    """What both doors share."""

    def __init__(
        self,
        spool: Spool,
        limits: Limits,
        tokens: Tokens,
        telemetry: Telemetry,
        *,
        keeps_all: bool = False,
    ) -> None:
        """Begin to receive.

        Args:
            spool: where requests are kept.
            limits: what they may take.
            tokens: who may send.
            telemetry: where it counts.
            keeps_all: also what is not booked, as it is sent on.
        """
        self.limits = limits
        self.tokens = tokens
        self.telemetry = telemetry
        self.in_flight = InFlight(limits.max_in_flight_bytes)
        self._spool = spool
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="reader")
        self._keeps_all = keeps_all
        self._stopping = False

    def use(self, limits: Limits, tokens: Tokens) -> None:
        """Hold the next requests to other limits and tokens."""
        self.limits = limits
        self.tokens = tokens
        self.in_flight.most_bytes = limits.max_in_flight_bytes

    def admit(self, authorization: str | None) -> Identity:
        """Return who sends, before anything of the body is read.

        Raises:
            Refused: the collector stops, or does not know them.
        """
        if self._stopping:
            raise Refused(Reason.STOPPING, "the collector is stopping; send this request again")
        return self.tokens.identity_of(authorization)

    async def receive(self, posted: Posted, held: Held) -> Contents:
        """Return what a request holds once it is durable.

        Raises:
            Refused: it is not accepted, and nothing of it is kept.
        """
        body, contents = await self.read(
            posted, lambda plain: (plain, contents_of(plain, posted.kind, posted.encoding))
        )
        held.at_least(len(body))
        if contents.wanted or (self._keeps_all and contents.items):
            await self._store(posted, body)
        self._count(posted, contents)
        return contents

    async def keep(self, posted: Posted, contents: Contents, held: Held) -> int:
        """Store a request that was read, and return its number in the spool once it is durable.

        Raises:
            Refused: it is not accepted, and nothing of it is kept.
        """
        held.at_least(len(posted.body))
        number = await self._store(posted, posted.body)
        self._count(posted, contents)
        return number

    async def read(self, posted: Posted, make: Callable[[bytes], _Read]) -> _Read:
        """Return what `make` makes of a request's body, decompressed; a large one is read beside the event loop.

        Raises:
            Refused: it is broken, or too large.
        """
        read = partial(_read, posted, self.limits.max_request_bytes, make)
        small = len(posted.body) <= _SMALL_BYTES[posted.encoding]
        if small and posted.content_encoding == "identity":
            return read()
        return await asyncio.get_running_loop().run_in_executor(self._readers, read)

    async def _store(self, posted: Posted, body: bytes) -> int:
        stored = self._spool.append(
            body,
            posted.kind,
            encoding=posted.encoding,
            sender=posted.sender,
            received_ns=time.time_ns(),
        )
        try:
            # Its sender may leave; the request stays, and is sent again.
            return await asyncio.shield(asyncio.wrap_future(stored))
        except SpoolFull as error:
            raise Refused(Reason.SPOOL_FULL, f"{error}; send this request again") from None

    def _count(self, posted: Posted, contents: Contents) -> None:
        signal = posted.kind.name.lower()
        self.telemetry.accepted.labels(signal, posted.protocol).inc()
        self.telemetry.accepted_items.labels(signal).inc(contents.items)
        self.telemetry.rejected_items.labels(signal).inc(contents.rejected)
        self.telemetry.discarded_items.labels(signal).inc(contents.unused)

    @contextmanager
    def answering(self, protocol: str) -> Iterator[None]:
        """Count a request that is not accepted, and time one that is; make a mistake of ours one that is sent again."""
        began = time.monotonic()
        try:
            yield
        except Refused as refused:
            self.telemetry.refused.labels(refused.reason.label, protocol).inc()
            raise
        except Exception as error:
            self.telemetry.refused.labels(Reason.FAILED.label, protocol).inc()
            _log.exception("a request failed", extra={"protocol": protocol})
            raise Refused(Reason.FAILED, "the collector failed; send this request again") from error
        self.telemetry.acknowledged_seconds.labels(protocol).observe(time.monotonic() - began)

    def stop(self) -> None:
        """Accept nothing new; what is being answered goes on."""
        self._stopping = True

    def close(self) -> None:
        """End the threads."""
        self._readers.shutdown()


def _read(posted: Posted, most_bytes: int, make: Callable[[bytes], _Read]) -> _Read:
    body = decompressed(posted.body, posted.content_encoding, most_bytes)
    if len(body) > most_bytes:
        raise too_large(most_bytes)
    return make(body)
