"""How long things wait before they are booked, and how much may wait."""

from __future__ import annotations

from typing import NamedTuple

_MIB = 2**20


class Pace(NamedTuple):
    """How long things wait."""

    linger_s: float = 2.0
    """A span waits this long for the others of its trace before it is settled and booked."""
    most_spans: int = 10_000
    """Waiting at once: then they are booked without lingering."""
    most_bytes: int = 16 * _MIB
    """Of the requests that wait at once: likewise."""
    settle_s: float = 10.0
    rollups_s: float = 60.0
    late_rates_s: float = 1.0
    """Between two turns of pricing what had no price, while there is any left."""
