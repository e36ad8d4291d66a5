"""Which calls were accepted and are not booked yet, as far as this process knows. In memory; bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum

from otel_costing_collector.spool import SpoolState

_MOST_CALLS = 100_000


class Whereabouts(Enum):
    """Where a call is that is not in the ledger."""

    WAITING = "waiting"
    """In the spool."""
    GONE = "gone"
    """Nowhere, as far as this collector was asked."""
    UNKNOWN = "unknown"
    """Perhaps in the spool: requests lie there which this process has not read."""


class PendingCalls:
    """The calls of accepted events, by the number of their request in the spool. Used from one event loop."""

    def __init__(self, state: Callable[[], SpoolState], first_number: int) -> None:
        """Begin to watch.

        Args:
            state: of the spool.
            first_number: of the first request that will be accepted.
        """
        self._state = state
        self._known_from = first_number
        self._number_of: dict[str, int] = {}
        self._requests: deque[tuple[int, Mapping[str, str]]] = deque()
        self._team_of: dict[str, str] = {}

    def add(self, number: int, teams: Mapping[str, str]) -> None:
        """Note the calls of a request that is on disk now, each with the team that it is of."""
        self._requests.append((number, teams))
        self._number_of.update(dict.fromkeys(teams, number))
        self._team_of.update(teams)
        self._forget_booked()
        while len(self._number_of) > _MOST_CALLS and len(self._requests) > 1:
            self._known_from = self._forget_first() + 1

    def whereabouts_of(self, call_id: str, team: str | None) -> Whereabouts:
        """Tell where a call is, if it was looked for in the ledger after this and not found.

        Args:
            call_id: of the call.
            team: whose calls may be told of; None for all.
        """
        oldest = self._state().oldest_id
        if oldest is None:
            return Whereabouts.GONE
        if self._number_of.get(call_id, -1) >= oldest and team in {None, self._team_of[call_id]}:
            return Whereabouts.WAITING
        return Whereabouts.UNKNOWN if oldest < self._known_from else Whereabouts.GONE

    def _forget_booked(self) -> None:
        oldest = self._state().oldest_id
        while self._requests and oldest is not None and self._requests[0][0] < oldest:
            self._forget_first()

    def _forget_first(self) -> int:
        number, call_ids = self._requests.popleft()
        for call_id in call_ids:
            if self._number_of.get(call_id) == number:
                del self._number_of[call_id], self._team_of[call_id]
        return number
