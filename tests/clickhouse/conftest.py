"""Ledgers in a real engine: one directory for all of these tests, a database for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store

TABLES = (
    "ledger",
    "spans",
    "rates",
    "batches",
    "periods",
    "findings",
    "sightings",
    "evaluations",
    "settlements",
    "rollup_rows",
    "rollup_builds",
)


@pytest.fixture(scope="session")
def shared_dsn(directory: Path) -> str:
    """The address of the ledger that `store` empties for each test."""
    return f"chdb://{directory}?database=shared"


@pytest.fixture
def store(shared_dsn: str) -> Iterator[Store]:
    """An empty ledger."""
    with Store.open(shared_dsn) as opened:
        for table in TABLES:
            opened.connection.command(f"TRUNCATE TABLE {table}")
        yield opened
