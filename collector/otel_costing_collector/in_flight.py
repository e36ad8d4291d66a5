"""How many bytes of requests are in memory before they are on disk: counted, and bounded."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from otel_costing_collector.refusals import Reason, Refused


class InFlight:
    """The count of one collector; used from its event loop alone."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0

    def holding(self) -> Held:
        """Return what one request will hold; nothing yet."""
        return Held(self)


class Held:
    """What one request holds until it is left."""

    def __init__(self, in_flight: InFlight) -> None:
        self._in_flight = in_flight
        self._bytes = 0

    def at_least(self, size: int) -> None:
        """Hold `size` bytes if less are held.

        Raises:
            Refused: others hold too many.
        """
        more = max(0, size - self._bytes)
        if more and self._in_flight.bytes + more > self._in_flight.most_bytes:
            raise Refused(
                Reason.OVERLOADED, "too many requests are on their way to disk; send this one again"
            )
        self._in_flight.bytes += more
        self._bytes += more

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._in_flight.bytes -= self._bytes
        self._bytes = 0
