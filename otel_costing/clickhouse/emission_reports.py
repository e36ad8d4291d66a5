"""How many calls of whom are booked, to be compared with those that were counted where they were made."""

from __future__ import annotations

from datetime import datetime

from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.emitted import Booked, Emitter


def booked_by_emitter(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> dict[Emitter, Booked]:
    """Return the calls of each service, provider and model that was asked for, by when they ended."""
    return {
        Emitter(
            row["service"] or None, row["provider"] or None, row["asked_model"] or None
        ): Booked(row["calls"], row["copies"])
        for row in store.query("calls_by_emitter", between(since, until))
    }
