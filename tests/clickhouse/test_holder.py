"""How the collector that holds a ledger is found, and when nobody is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from otel_costing.clickhouse import directory_lock
from otel_costing.clickhouse.directory_lock import DirectoryHeld
from otel_costing.clickhouse.holder import HOLDER_FILE, Holder, announce, holder_of, withdraw
from otel_costing.clickhouse.target import Embedded
from tests.clickhouse.test_connection import HOLDER

KNOWN = Holder(42, "http://127.0.0.1:8123", "http://127.0.0.1:4319", "a-token")


def test_what_was_announced_is_found_and_only_its_user_may_read_it(tmp_path: Path) -> None:
    announce(tmp_path, KNOWN)

    assert holder_of(tmp_path, "42") == KNOWN
    assert (tmp_path / HOLDER_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [HOLDER_FILE]
    assert "a-token" not in repr(KNOWN)


def test_what_was_withdrawn_is_found_no_more(tmp_path: Path) -> None:
    announce(tmp_path, KNOWN)
    withdraw(tmp_path)
    withdraw(tmp_path)

    assert holder_of(tmp_path, "42") is None


@pytest.mark.parametrize("pid", ["43", "4", "unknown", ""])
def test_it_speaks_of_nobody_but_the_process_that_has_the_lock(tmp_path: Path, pid: str) -> None:
    announce(tmp_path, KNOWN)

    assert holder_of(tmp_path, pid) is None


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        json.dumps({"pid": 42}).encode(),
        json.dumps({**KNOWN._asdict(), "more": 1}).encode(),
        json.dumps({**KNOWN._asdict(), "pid": "42"}).encode(),
        json.dumps({**KNOWN._asdict(), "token": None}).encode(),
        b" " * 10**6,
    ],
)
def test_a_file_that_says_something_else_is_nobodys(tmp_path: Path, written: bytes) -> None:
    (tmp_path / HOLDER_FILE).write_bytes(written)

    assert holder_of(tmp_path, "42") is None


def test_whoever_takes_the_lock_removes_what_an_earlier_holder_left(tmp_path: Path) -> None:
    """Its process id may be given again, to a process that is no collector."""
    announce(tmp_path, KNOWN._replace(pid=os.getpid()))
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert not (tmp_path / HOLDER_FILE).exists()
        with pytest.raises(DirectoryHeld) as held:
            directory_lock.acquire(tmp_path)
        assert (held.value.directory, held.value.pid) == (tmp_path, str(other.pid))
        other.communicate()


def test_a_ledger_is_held_here_while_a_handle_is_open(tmp_path: Path) -> None:
    dsn = f"chdb://{tmp_path}?database=ours"

    assert directory_lock.held_here(dsn) is None
    directory_lock.acquire(tmp_path)
    assert directory_lock.held_here(dsn) == Embedded(tmp_path, "ours")
    directory_lock.release(tmp_path)
    assert directory_lock.held_here(dsn) is None


def test_a_new_ledgers_directory_is_its_users_alone_and_one_that_was_there_keeps_its_mode(
    tmp_path: Path,
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    for directory, mode in ((tmp_path / "above" / "new", 0o700), (shared, 0o755)):
        directory_lock.acquire(directory)
        directory_lock.release(directory)
        assert directory.stat().st_mode & 0o777 == mode


def test_a_servers_ledger_is_held_by_no_process_here() -> None:
    assert directory_lock.held_here("clickhouse://ledger.example/ours") is None
