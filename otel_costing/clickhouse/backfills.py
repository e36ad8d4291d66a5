"""How far backfills came, kept in the ledger that they fill."""

from __future__ import annotations

from otel_costing.backfill import Place
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import digest


class BackfillsOf:
    """The table `backfills` of a ledger."""

    def __init__(self, store: Store) -> None:
        """Take the ledger."""
        self._store = store

    def last(self, backfill_id: str) -> Place | None:
        """Return what was noted last; see `Places`."""
        found = self._store.query("last_backfill", {"backfill_id": backfill_id})
        return Place(**found[0]) if found else None

    def note(self, backfill_id: str, source: str, place: Place) -> None:
        """Keep it; see `Places`."""
        row: dict[str, list[object]] = {
            "backfill_id": [backfill_id],
            "source": [source],
            "begun_at": [place.begun_ns],
            "read_until": [place.read_until_ns],
            "ends_at": [place.ends_ns],
            "spans": [place.spans],
            "finished": [place.finished],
        }
        token = digest("backfills", backfill_id, *map(str, place))
        self._store.connection.insert("backfills", row, token=token)
