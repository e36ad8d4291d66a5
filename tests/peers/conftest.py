"""Peers for the tests, ended after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.collector.running import Running
from tests.peers.ours import Ours
from tests.peers.stock import BINARY, Stock

Prepare = Callable[..., Stock]
Receiving = Callable[..., Running]


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Ours]:
    """A collector that is not started yet."""
    one = Ours(tmp_path)
    yield one
    one.kill()


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Prepare]:
    """Prepare a stock collector: the name of its configuration, where it sends, by which exporter."""
    if not BINARY.exists():
        pytest.skip("no stock OpenTelemetry Collector in .otelcol; `make otelcol` builds it")
    prepared: list[Stock] = []

    def prepare(shipped: str, endpoint: str, exporter: str) -> Stock:
        prepared.append(Stock(shipped, tmp_path / shipped, endpoint, exporter))
        return prepared[-1]

    yield prepare
    for one in prepared:
        one.kill()


@pytest.fixture
def receiving(tmp_path: Path) -> Iterator[Receiving]:
    """Start a collector in this process, by a name and settings, that keeps what it receives in its spool."""
    started: list[Running] = []

    def start(name: str, *settings: str) -> Running:
        started.append(Running(tmp_path / name, *settings))
        return started[-1]

    yield start
    for one in started:
        one.stop()
