"""Ledgers in a real engine: one directory for all of these tests, a database for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store

_numbers = count()


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one directory: chdb keeps one at a time in a process."""
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture
def dsn(directory: Path) -> str:
    """The address of a ledger that is not there yet."""
    return f"chdb://{directory}?database=ledger_{next(_numbers)}"


@pytest.fixture
def store(dsn: str) -> Iterator[Store]:
    """An empty ledger."""
    with Store.open(dsn) as opened:
        yield opened
