"""Collectors for the tests, stopped after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store
from tests.collector.bench import Bench
from tests.collector.running import Running

Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a collector with some settings."""
    started: list[Running] = []

    def begin(*settings: str) -> Running:
        started.append(Running(tmp_path / "spool", *settings))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Starting and stopping one for each test would take longer than the tests."""
    running = Running(tmp_path_factory.mktemp("shared") / "spool")
    yield running
    running.stop()


@pytest.fixture
def collector(shared: Running) -> Running:
    """A collector with the defaults and an empty spool."""
    shared.service.spool.forget(request.id for request in shared.service.spool.unbooked())
    return shared


@pytest.fixture
def bench(tmp_path: Path, dsn: str) -> Iterator[Bench]:
    """What books from a spool to a ledger, both new."""
    with Store.open(dsn) as store:
        opened = Bench(tmp_path, store)
        yield opened
        opened.close()
