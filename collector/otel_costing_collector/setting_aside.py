"""What no ledger takes goes from the spool to the dead letters, whenever the disk takes it."""

from __future__ import annotations

import logging

from otel_costing_collector.dead_letters import DeadLetters
from otel_costing_collector.spool import Spool
from otel_costing_collector.spooled import requests_of
from otel_costing_collector.steady import Steady
from otel_costing_collector.telemetry import Telemetry

_log = logging.getLogger(__name__)


class SettingAside:
    """The way of a request that cannot be booked, or not all of it."""

    def __init__(
        self, spool: Spool, dead_letters: DeadLetters, telemetry: Telemetry, steady: Steady
    ) -> None:
        self._spool = spool
        self._dead_letters = dead_letters
        self._telemetry = telemetry
        self._steady = steady

    def put(self, number: int, reason: str, span: tuple[str, str] | None = None) -> None:
        """Keep a request among the dead letters; until it is there it is not forgotten.

        Args:
            number: of the request.
            reason: one sentence.
            span: the span that is to blame, None for the whole request.

        Raises:
            StoppedFirst: a stop came first; it is in the spool still.
        """
        for request in requests_of(self._spool, [number]):
            self._steady.get(
                lambda request=request: self._dead_letters.put(request, reason, span),  # type: ignore[misc]
                "a dead letter cannot be kept",
            )
            self._telemetry.dead_lettered.inc()
            _log.error("set aside", extra={"request": number, "reason": reason, "span": span})
