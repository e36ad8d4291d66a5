"""A collector in a process of its own that holds a directory of ledgers, and its jobs as raw HTTP."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from otel_costing.clickhouse.holder import HOLDER_FILE
from tests.cli.conftest import Answer, Command, command
from tests.collector.processes import Process
from tests.collector.running import Reply, ask

QUICK = "--set=booking.sealing=thread"
"""Another process would take a second to start, in each test."""
_numbers = count()


class Held(NamedTuple):
    """A collector and the directory that it holds."""

    process: Process
    directory: Path

    @property
    def token(self) -> str:
        """The local one."""
        token: str = json.loads((self.directory / HOLDER_FILE).read_text())["token"]
        return token

    def ask(self, method: str, path: str = "", body: bytes | object = b"", **headers: str) -> Reply:
        """Ask the jobs' API; the token is the local one unless another is said."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        about = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        return ask(self.process.admin, method, f"/api/v1/jobs{path}", sent, about | named, None)

    def jobs(self) -> list[dict[str, Any]]:
        """Return all of them."""
        jobs: list[dict[str, Any]] = json.loads(self.ask("GET").body)["jobs"]
        return jobs


Hold = Callable[..., Held]


@pytest.fixture
def hold(tmp_path: Path, empty_ledger: Path) -> Iterator[Hold]:
    """Start a collector on the directory of this test."""
    started: list[Process] = []
    shutil.copytree(empty_ledger, tmp_path / "spool-ledger", symlinks=True)

    def begin(*arguments: str) -> Held:
        started.append(Process(tmp_path / "spool", QUICK, *arguments))
        return Held(started[-1], tmp_path / "spool-ledger")

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.stop()


@pytest.fixture(scope="package")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """Starting one for each test would take longer than the tests."""
    directory = tmp_path_factory.mktemp("held")
    process = Process(directory / "spool", QUICK, "--set=jobs.max_bytes=4 MiB")
    yield Held(process, directory / "spool-ledger")
    process.stop()


@pytest.fixture
def held_dsn(held: Held) -> str:
    """The address of a ledger that is not there yet, in the directory that the collector holds."""
    return f"chdb://{held.directory}?database=ledger_{next(_numbers)}"


def without_first_line(answer: Answer) -> Answer:
    """Return an answer without the line that says who did it."""
    line, _, rest = answer.err.partition("\n")
    assert line.startswith("done by the collector that holds the ledger, process ")
    return answer._replace(err=rest)


__all__ = ["Answer", "Command", "Held", "Hold", "command", "without_first_line"]
