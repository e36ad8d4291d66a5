"""Everything that sends on what one collector accepts: its outbox, what fills it, what empties it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from otel_costing_collector.forwarding.enrichment import sent_on
from otel_costing_collector.forwarding.metrics import ForwardingMetrics
from otel_costing_collector.forwarding.outbox import Outbox
from otel_costing_collector.forwarding.outcomes import Declined, Way
from otel_costing_collector.forwarding.over_grpc import OverGrpc
from otel_costing_collector.forwarding.over_http import OverHttp
from otel_costing_collector.forwarding.route import Route
from otel_costing_collector.forwarding.sending import Sending
from otel_costing_collector.forwarding.taking import Taking
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool import Spool
from otel_costing_collector.spool_record import Encoding, SpooledRequest
from otel_costing_collector.telemetry import Telemetry

_log = logging.getLogger(__name__)


class Forwarder:
    """Started and stopped in the collector's event loop."""

    def __init__(
        self,
        spool: Spool,
        directory: Path,
        max_bytes: int,
        route: Route,
        books: PricingBooks,
        telemetry: Telemetry,
    ) -> None:
        """Open the outbox; `start` begins.

        Args:
            spool: what was acknowledged.
            directory: of the outbox.
            max_bytes: what the outbox may take.
            route: where requests go.
            books: what prices.
            telemetry: where it counts.

        Raises:
            SpoolUnusable: the outbox cannot be written.
        """
        self._metrics = ForwardingMetrics(telemetry.registry)
        self._outbox = Outbox(directory, max_bytes, partial(self._metrics.dropped, "full"))
        telemetry.watch_spool(self._outbox.state, name="outbox", undone="sent on")
        self._taking = Taking(spool, self._outbox, partial(self._metrics.dropped, "disk"))
        self._route = route
        self._books = books
        self._way: Way | None = None
        self._sending: Sending | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send on."""
        if self._route.shows_headers:
            _log.warning("forward.headers_variable is sent in the clear; name an endpoint with TLS")
        self._way = _way(self._route)
        self._sending = Sending(self._outbox, self._way, self._enriched, self._metrics)
        self._metrics.watch(self._sending.failing)
        self._taking.start()
        _log.info("requests are sent on", extra={"to": self._route.endpoint.target})
        self._task = asyncio.create_task(self._sending.run())

    def _enriched(self, request: SpooledRequest) -> bytes | Declined:
        try:
            return sent_on(request, self._books)
        except Exception:  # noqa: BLE001 - a mistake of ours with one request must not hold up the others
            _log.exception("a request cannot be enriched", extra={"request": request.id})
        if request.encoding is Encoding.PROTOBUF:
            return request.body
        return Declined("it cannot be said in protobuf", "unreadable")

    def may_forget(self, numbers: Sequence[int]) -> bool:
        """Wait until these requests of the spool are in the outbox, or its disk has failed; False where a stop came first."""
        return self._taking.wait_for(numbers)

    def ailing(self) -> str:
        """Return why nothing will be sent on any more; empty where all is well."""
        return self._outbox.ailing() or self._taking.ailing()

    async def stop(self, timeout_s: float) -> None:
        """End what is being sent within a limit, leave the rest in the outbox. Twice is safe."""
        await asyncio.to_thread(self._taking.stop)
        if self._sending is not None and self._task is not None:
            self._sending.stop()
            await asyncio.wait([self._task], timeout=timeout_s)
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._way is not None:
            await self._way.close()
        await asyncio.to_thread(self._outbox.close)


def _way(route: Route) -> Way:
    return OverGrpc(route) if route.endpoint.is_grpc else OverHttp(route)
