"""Ledgers in a real engine, which keeps one directory at a time in a process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from otel_costing.clickhouse.connection import connect
from otel_costing.clickhouse.store import Store

_numbers = count()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the ledgers of one module's tests are: the engine reads all that it finds whenever it starts."""
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture(scope="module")
def engine(directory: Path) -> Iterator[None]:
    """The engine on `directory`, until a module's last test: it starts with the first handle and ends with the last."""
    with closing(connect(f"chdb://{directory}?database=held", create=True)):
        yield


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


@pytest.fixture
def untraced() -> Iterator[None]:
    """No line of a test is traced for coverage; `no_cover` would leave a worker of xdist the tracer that it began with."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)
