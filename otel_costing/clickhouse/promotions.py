"""Which resource attributes a ledger has columns for, and giving one a column."""

from __future__ import annotations

from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.sql import query_text
from otel_costing.ledger import digest
from otel_costing.promoted import Promoted, Promotion, promotion_of


def promotions(connection: Connection) -> Promoted:
    """Return what is promoted, by column."""
    rows = connection.query(query_text("promoted_attributes")).rows
    return tuple(Promotion(attribute, name, column) for column, attribute, name in rows)


def promote(connection: Connection, attribute: str, name: str) -> Promotion:
    """Give a resource attribute a column; of calls that are booked from now on. Doing it again changes nothing.

    Raises:
        ValueError: it cannot be promoted under this name, or somebody else did otherwise meanwhile; says why.
    """
    known = promotions(connection)
    chosen = promotion_of(attribute, name, known)
    if chosen in known:
        return chosen
    row = {"attribute": [attribute], "name": [name], "promoted_column": [chosen.column]}
    connection.insert("promoted_attributes", row, token=digest("promoted", *chosen))
    if chosen not in promotions(connection):
        raise ValueError(
            f"another attribute was promoted at the same time; promote {attribute} again"
        )
    return chosen
