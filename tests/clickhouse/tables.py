"""What stands in the tables, to compare before and after."""

from __future__ import annotations

from typing import Any

from otel_costing.clickhouse.store import Store

_TABLES = {
    "ledger": "SELECT * FROM ledger FINAL ORDER BY entry_id",
    "spans": "SELECT * FROM spans FINAL ORDER BY trace_id, span_id",
    "findings": "SELECT * FROM findings FINAL ORDER BY finding_id",
    "sightings": "SELECT * FROM sightings FINAL ORDER BY call_id",
    "evaluations": "SELECT * FROM evaluations FINAL ORDER BY evaluation_id",
    "outcomes": "SELECT * FROM outcomes FINAL ORDER BY outcome_id",
    "rates": "SELECT * FROM rates FINAL ORDER BY rate_id, rates_digest",
    "batches": "SELECT * FROM batches FINAL ORDER BY batch_id",
}


# A table whose rows have outlived their retention is empty and still remembers the tokens of its inserts.
_FILLED = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND NOT startsWith(name, 'schema_')
    AND (total_rows > 0 OR position(engine_full, ' TTL ') > 0)
"""


def emptied(store: Store) -> Store:
    """Return the store without a row; hypothesis asks for many in one test."""
    for (table,) in store.connection.query(_FILLED).rows:
        store.connection.command(f"TRUNCATE TABLE {table}")
    return store


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    """Ask the engine itself."""
    return [tuple(row) for row in store.connection.query(sql).rows]


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables."""
    return {name: rows(store, sql) for name, sql in _TABLES.items()}


def copies_kept(store: Store) -> int:
    """Return how many rows of the ledger have the id of another, merged or not."""
    return int(rows(store, "SELECT count() - uniqExact(entry_id) FROM ledger")[0][0])
