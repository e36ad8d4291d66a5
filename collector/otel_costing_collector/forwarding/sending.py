"""From the outbox to the endpoint: at least once, for ever, in rounds of what has waited longest.

A task of the collector's event loop. Small requests are joined: protobuf requests that are written one behind the other
are one request. What is refused together for what may be in it is sent once more one by one.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from otel_costing_collector.forwarding.metrics import ForwardingMetrics
from otel_costing_collector.forwarding.outbox import Outbox
from otel_costing_collector.forwarding.outcomes import Declined, Later, Outcome, Taken, Way
from otel_costing_collector.spool import SpoolFull
from otel_costing_collector.spool_record import Kind, SpooledRequest

_log = logging.getLogger(__name__)
_JOINED_BYTES = 2**20
_LOOK_S = 0.2
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 30.0
_MOST_FAILURES = 16
_LONGEST_ASKED_S = 300.0
"""An endpoint may ask for more peace than that; it gets so much."""

Enrich = Callable[[SpooledRequest], bytes | Declined]


class _Sent(NamedTuple):
    request: SpooledRequest
    outcome: Outcome


class Sending:
    """What sends."""

    def __init__(
        self, outbox: Outbox, way: Way, enrich: Enrich, metrics: ForwardingMetrics
    ) -> None:
        """Prepare it; `run` sends.

        Args:
            outbox: what waits.
            way: how it reaches the endpoint.
            enrich: a request -> the protobuf that is sent, or why it cannot be.
            metrics: where it counts.
        """
        self._outbox = outbox
        self._way = way
        self._enrich = enrich
        self._metrics = metrics
        self._stopping = asyncio.Event()
        # Parsed requests take many times their bytes: one at a time is held so.
        self._enriching = asyncio.Lock()
        self._failures = 0
        self._failing = ""
        self._told: set[str] = set()

    def stop(self) -> None:
        """End after this round."""
        self._stopping.set()

    def failing(self) -> str:
        """Return why nothing is taken now; empty where it is."""
        return self._failing

    async def run(self) -> None:
        """Send until told to stop."""
        while not self._stopping.is_set():
            try:
                pause_s = await self._round()
            except Exception:  # noqa: BLE001 - a mistake of ours must not end it
                _log.exception("requests are not sent on; this is tried again")
                pause_s = _LONGEST_PAUSE_S
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_s)

    async def _round(self) -> float:
        """Send what has waited longest; return how long to wait."""
        if not self._outbox.state().requests:
            return _LOOK_S
        oldest = await asyncio.to_thread(self._outbox.oldest)
        sent = [
            one
            for outcomes in await asyncio.gather(*map(self._deliver, parcels(oldest)))
            for one in outcomes
        ]
        later = [one.outcome for one in sent if isinstance(one.outcome, Later)]
        done = [one for one in sent if not isinstance(one.outcome, Later)]
        for one in done:
            self._count(one)
        try:
            await asyncio.to_thread(self._outbox.forget, [one.request for one in done])
        except SpoolFull as failed:
            _log.warning("sent requests stay in the outbox", extra={"why": str(failed)})
            return _LONGEST_PAUSE_S
        self._note_failing(sent)
        return self._pause_after(later, has_progress=bool(done))

    async def _deliver(self, parcel: Sequence[SpooledRequest]) -> list[_Sent]:
        enriched = [(request, await self._enriched(request)) for request in parcel]
        unreadable = [_Sent(one, why) for one, why in enriched if isinstance(why, Declined)]
        bodies = [(request, body) for request, body in enriched if isinstance(body, bytes)]
        outcome = await self._sent(parcel[0].kind, b"".join(body for _, body in bodies))
        if isinstance(outcome, Declined) and not outcome.is_for_all and len(bodies) > 1:
            alone = [_Sent(one, await self._sent(one.kind, body)) for one, body in bodies]
            return [*alone, *unreadable]
        return [*(_Sent(request, outcome) for request, _ in bodies), *unreadable]

    async def _enriched(self, request: SpooledRequest) -> bytes | Declined:
        async with self._enriching:
            return await asyncio.to_thread(self._enrich, request)

    async def _sent(self, kind: Kind, body: bytes) -> Outcome:
        if not body:
            return Taken()
        try:
            outcome = await self._way.send(kind, body)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is sent again, and the others go on
            _log.exception("a request cannot be sent")
            return Later(type(error).__name__)
        if isinstance(outcome, Taken) and (outcome.rejected or outcome.why):
            self._metrics.rejected(kind, outcome.rejected)
            self._tell("the endpoint takes not all of a request", outcome.why)
        return outcome

    def _count(self, sent: _Sent) -> None:
        if isinstance(sent.outcome, Declined):
            self._metrics.dropped(sent.outcome.reason, 1)
            self._tell("a request is dropped", sent.outcome.why)
        else:
            self._metrics.forwarded(sent.request.kind)

    def _note_failing(self, sent: Sequence[_Sent]) -> None:
        """Note whether the endpoint takes what is sent: not where a token's 401 drops all, either."""
        failing = [one.outcome for one in sent if _is_failing(one)]
        if failing:
            why = failing[0].why
            if isinstance(failing[0], Later) and self._failing != why:
                _log.warning("the endpoint does not take requests yet", extra={"why": why})
            self._failing = why
        elif not all(_is_for_all(one.outcome) for one in sent):
            self._failing = ""

    def _pause_after(self, later: Sequence[Later], *, has_progress: bool) -> float:
        if has_progress:
            self._failures = 0
        if not later:
            return 0.0
        pause_s: float = min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S)
        pause_s *= random.uniform(0.5, 1.0)  # noqa: S311 - nothing is secret here
        self._failures = min(self._failures + 1, _MOST_FAILURES)
        asked_s = min(max(one.after_s for one in later), _LONGEST_ASKED_S)
        return max(asked_s, pause_s)

    def _tell(self, message: str, why: str) -> None:
        """Log what an endpoint says, each sentence once."""
        if why not in self._told and len(self._told) < 100:
            self._told.add(why)
            _log.warning(message, extra={"why": why})


def _is_failing(sent: _Sent) -> bool:
    """Tell whether it speaks of the endpoint; that one for traces alone refuses logs does not."""
    is_refused = _is_for_all(sent.outcome) and sent.request.kind is Kind.TRACES
    return is_refused or isinstance(sent.outcome, Later)


def _is_for_all(outcome: Outcome) -> bool:
    return isinstance(outcome, Declined) and outcome.is_for_all


def parcels(requests: Iterable[SpooledRequest]) -> list[list[SpooledRequest]]:
    """Return requests as they are sent together: of one kind, a megabyte at most unless one alone is larger."""
    made: list[list[SpooledRequest]] = []
    open_ones: dict[Kind, tuple[list[SpooledRequest], int]] = {}
    for request in requests:
        parcel, size = open_ones.get(request.kind, ([], 0))
        if not parcel or size + len(request.body) > _JOINED_BYTES:
            parcel, size = [], 0
            made.append(parcel)
        parcel.append(request)
        open_ones[request.kind] = (parcel, size + len(request.body))
    return made
