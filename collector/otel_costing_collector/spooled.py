"""Requests that lie in the spool, by their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from otel_costing_collector.spool import Spool
from otel_costing_collector.spool_record import SpooledRequest

_READ_BYTES = 8 * 2**20


def requests_of(spool: Spool, numbers: Sequence[int]) -> list[SpooledRequest]:
    """Return the requests of these numbers that are there still, in order. Blocks."""
    wanted = frozenset(numbers)
    found: list[SpooledRequest] = []
    after, last = min(wanted, default=0) - 1, max(wanted, default=-1)
    at_once = _READ_BYTES if len(wanted) > 1 else 1
    while after < last and (requests := spool.unbooked(after, at_once)):
        found += [request for request in requests if request.id in wanted]
        after = requests[-1].id
    return found
