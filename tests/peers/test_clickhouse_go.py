"""Grafana's data source asks by clickhouse-go: so does a small program in Go, over HTTP, with each of its compressions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.bench import calls
from tests.collector.processes import Process
from tests.collector.running import PROTOBUF, ask

SOURCES = Path(__file__).parent / "go"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built where Go is."""
    if shutil.which("go") is None:
        pytest.skip("no Go here to build the program that asks")
    built = tmp_path_factory.mktemp("go") / "asker"
    made = subprocess.run(
        ["go", "build", "-o", built, "."],
        cwd=SOURCES,
        env={**os.environ, "GOFLAGS": "-mod=readonly"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if made.returncode and any(one in made.stderr for one in ("dial tcp", "toolchain")):
        pytest.skip(f"this Go cannot fetch what it needs: {made.stderr[-200:]}")
    assert made.returncode == 0, made.stderr
    return built


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A collector with three calls in its ledger."""
    directory = tmp_path_factory.mktemp("asked") / "spool"
    process = Process(directory, "--set=booking.linger_seconds=0.05")
    ask(process.http, "POST", "/v1/traces", calls(1, 2, 3), {"content-type": PROTOBUF}, None)
    process.until_booked(30)
    yield process
    process.stop()


@pytest.mark.parametrize("compression", ["none", "gzip", "lz4", "zstd"])
def test_grafanas_driver_pings_asks_binds_and_cancels(
    program: Path, collector: Process, compression: str
) -> None:
    asked = subprocess.run(
        [program, f"127.0.0.1:{collector.sql}", "", compression],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert asked.returncode == 0, asked.stderr
    told = json.loads(asked.stdout)

    assert told["parameters"] == [f"it's {{one}}{number}" for number in range(7)]
    assert (told["numbers"], told["dollars"]) == (199_999, "0.0135")
    assert {"call_id", "total_usd", "items.meter"} <= set(told["columns"])
    assert told["refused"] == 497
    assert 900 < told["cancelled_ms"] < 3000
