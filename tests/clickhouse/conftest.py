"""Ledgers in a real engine: one directory for all of these tests, a database for each.

With `CLICKHOUSE_URL` (`http://user:password@host:8123`), the tests that ask for a `store` run on that server, in a database of
theirs that is dropped in the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.connection import connect
from otel_costing.clickhouse.store import Store
from tests.clickhouse.tables import emptied

SERVER = os.environ.get("CLICKHOUSE_URL", "").rstrip("/")
ON_SERVER = f"otel_costing_tests_{os.getpid()}"


@pytest.fixture(scope="module")
def shared_dsn(directory: Path) -> Iterator[str]:
    """The address of the ledger that `store` empties for each test."""
    if not SERVER:
        dsn = f"chdb://{directory}?database=shared"
        # The engine starts with the first handle and ends with the last: once for these tests, not for each.
        with Store.open(dsn):
            yield dsn
        return
    dsn = f"{SERVER}/{ON_SERVER}"
    yield dsn
    server = connect(dsn, create=True)
    server.command("DROP DATABASE {database:Identifier}", {"database": ON_SERVER})
    server.close()


@pytest.fixture
def dsn(new_dsn: str) -> str:
    """The address of a ledger that is not there yet, beside the others of a module."""
    return new_dsn


@pytest.fixture
def store(shared_dsn: str) -> Iterator[Store]:
    """An empty ledger."""
    with Store.open(shared_dsn) as opened:
        yield emptied(opened)
