"""Ledgers in a real engine: one directory for all of these tests, a database for each.

With `CLICKHOUSE_URL` (`http://user:password@host:8123`), the tests that ask for a `store` run on that server, in a database of
theirs that is dropped in the end.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.connection import connect
from otel_costing.clickhouse.store import Store
from tests.clickhouse.tables import emptied

SERVER = os.environ.get("CLICKHOUSE_URL", "").rstrip("/")
ON_SERVER = f"otel_costing_tests_{os.getpid()}"


@pytest.fixture(scope="module")
def directory(directory: Path, empty_ledger: Path) -> Path:
    """The same with a ledger in it: to copy one takes a hundredth of the time of making it."""
    shutil.copytree(empty_ledger, directory, symlinks=True, dirs_exist_ok=True)
    return directory


@pytest.fixture(scope="module")
def shared_dsn(directory: Path) -> Iterator[str]:
    """The address of the ledger that `store` empties for each test."""
    dsn = f"{SERVER}/{ON_SERVER}" if SERVER else f"chdb://{directory}"
    # The engine starts with the first handle and ends with the last: once for these tests, not for each.
    with Store.open(dsn) as ledger:
        yield dsn
        if SERVER:
            asked = {"database": ON_SERVER}
            ledger.connection.command("DROP DATABASE {database:Identifier}", asked)


@pytest.fixture
def dsn(new_dsn: str) -> str:
    """The address of a ledger that is not there yet, beside the others of a module."""
    return new_dsn


@pytest.fixture
def store(shared_dsn: str) -> Iterator[Store]:
    """An empty ledger, whose schema was looked at when the first of these was opened."""
    with Store(connect(shared_dsn, create=False)) as opened:
        yield emptied(opened)
