"""Ledgers in a real engine: one directory for all tests of a process, a database for each ledger."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

_numbers = count()


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one directory: chdb keeps one at a time in a process."""
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture
def dsn(directory: Path) -> str:
    """The address of a ledger that is not there yet."""
    return f"chdb://{directory}?database=ledger_{next(_numbers)}"
