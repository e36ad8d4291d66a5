"""Ledgers in a real engine, which keeps one directory at a time in a process."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store

_numbers = count()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the ledgers of one module's tests are: the engine reads all that it finds whenever it starts."""
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a ledger without a row: to copy one takes a hundredth of the time of making it."""
    made = tmp_path_factory.mktemp("made") / "ledger"
    Store.open(f"chdb://{made}").close()
    return made


@pytest.fixture
def dsn(empty_ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an empty ledger."""
    copy = tmp_path_factory.mktemp("ledger") / "ledger"
    shutil.copytree(empty_ledger, copy, symlinks=True)
    return f"chdb://{copy}"


@pytest.fixture
def new_dsn(directory: Path) -> str:
    """The address of a ledger that is not there yet."""
    return f"chdb://{directory}?database=ledger_{next(_numbers)}"
