"""Commands on a ledger that another process holds: who it is, and what to do about it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.holder import HOLDER_FILE, Holder, announce
from tests.cli.conftest import Command
from tests.clickhouse.test_connection import HOLDER
from tests.conformance.truth import SPANS

SPAN_FILE = str(min(SPANS.glob("otel-genai-*.json")))
COMMANDS = (("report",), ("trace", "a" * 32), ("settle",), ("ingest", SPAN_FILE))
Hold = Callable[[], int]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory that an engine once held."""
    (tmp_path / "ledger" / "metadata").mkdir(parents=True)
    return tmp_path / "ledger"


@pytest.fixture
def hold(directory: Path) -> Iterator[Hold]:
    """Hold the directory in another process and return its id."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> int:
        program = [sys.executable, "-c", HOLDER, str(directory)]
        started.append(subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        assert started[0].stdout is not None
        assert started[0].stdout.readline() == b"held\n"
        return started[0].pid

    yield begin
    for one in started:
        one.communicate()


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_process_that_is_no_collector_is_named(
    command: Command, directory: Path, hold: Hold, arguments: tuple[str, ...]
) -> None:
    announce(directory, Holder(1, "http://127.0.0.1:1", "http://127.0.0.1:1", "stale"))
    pid = hold()

    answer = command(*arguments, "--dsn", f"chdb://{directory}")

    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        f"Error: The ledger in {directory} is held by process {pid}; chdb allows one process per directory, so stop "
        "that one first or use a ClickHouse server.\n"
    )


def test_a_collector_that_answers_no_queries_is_said_to_need_a_setting(
    command: Command, directory: Path, hold: Hold
) -> None:
    pid = hold()
    announce(directory, Holder(pid, "", "http://127.0.0.1:1", "t"))

    answer = command("report", "--dsn", f"chdb://{directory}")

    assert answer.status == 2
    assert f"the collector of process {pid}, which answers no queries" in answer.err
    assert "sql.address" in answer.err


def test_a_collector_that_does_not_answer_is_said_to_be_lost(
    command: Command, directory: Path, hold: Hold
) -> None:
    pid = hold()
    announce(directory, Holder(pid, "", "http://127.0.0.1:1", "a-token"))

    answer = command("ingest", SPAN_FILE, "--dsn", f"chdb://{directory}")

    assert answer.status == 2
    assert f"The collector of process {pid} does not answer at http://127.0.0.1:1" in answer.err
    assert "nothing is booked twice" in answer.err
    assert "a-token" not in answer.err


def test_what_a_killed_collector_left_is_in_nobodys_way(command: Command, tmp_path: Path) -> None:
    announce(tmp_path, Holder(1, "http://127.0.0.1:1", "http://127.0.0.1:1", "stale"))

    answer = command("ingest", SPAN_FILE, "--dsn", f"chdb://{tmp_path}")

    assert (answer.status, answer.err) == (0, "")
    assert not (tmp_path / HOLDER_FILE).exists()
