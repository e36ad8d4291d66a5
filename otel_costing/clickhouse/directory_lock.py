"""One process per embedded directory: a lock that names its holder, shared by all handles of a process."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from otel_costing.clickhouse import holder
from otel_costing.clickhouse.target import Embedded, StoreUnusable, target_of
from otel_costing.held_directory import HeldElsewhere, hold

LOCK_FILE = "otel-costing.lock"
_guard = threading.Lock()
_held: dict[Path, tuple[int, int, int]] = {}
"""By directory: process id, file descriptor, number of handles."""


class DirectoryHeld(StoreUnusable):
    """Another process has the directory; it may be a collector that can be asked."""

    def __init__(self, directory: Path, pid: str) -> None:
        super().__init__(
            f"the ledger in {directory} is held by process {pid}; chdb allows one process per "
            "directory, so stop that one first or use a ClickHouse server"
        )
        self.directory = directory
        self.pid = pid
        """Of the process that has it, or `unknown`."""


def held_here(dsn: str) -> Embedded | None:
    """Return the embedded ledger of a DSN if this process holds it; None where another does, nobody, or a server has it."""
    target = target_of(dsn)
    if not isinstance(target, Embedded):
        return None
    with _guard:
        is_ours = _held.get(target.directory, (0, -1, 0))[0] == os.getpid()
    return target if is_ours else None


def acquire(directory: Path) -> None:
    """Hold `directory` for this process, once more if it does already.

    Raises:
        DirectoryHeld: another process holds it.
        StoreUnusable: this process holds another directory.
    """
    with _guard:
        pid, descriptor, handles = _held.get(directory, (os.getpid(), -1, 0))
        if pid != os.getpid():
            raise StoreUnusable(
                f"{directory} was opened before this process was forked; open it after the fork, in one process"
            )
        if _held and directory not in _held:
            raise StoreUnusable(
                f"this process already has the ledger in {next(iter(_held))} open, and chdb keeps one directory "
                "at a time; close that first"
            )
        if not handles:
            descriptor = _lock(directory)
        _held[directory] = (pid, descriptor, handles + 1)


def release(directory: Path) -> None:
    """Give back one handle; the last one lets other processes in."""
    with _guard:
        pid, descriptor, handles = _held.get(directory, (0, -1, 0))
        if not handles or pid != os.getpid():
            return
        if handles > 1:
            _held[directory] = (pid, descriptor, handles - 1)
            return
        del _held[directory]
        os.close(descriptor)


def _lock(directory: Path) -> int:
    try:
        descriptor = hold(directory, LOCK_FILE, directory_mode=0o700, file_mode=0o644)
    except HeldElsewhere as held:
        raise DirectoryHeld(directory, held.holder) from None
    except OSError as error:
        raise StoreUnusable(f"{directory} cannot hold a ledger: {error.strerror}") from None
    # What is left of a holder that was killed speaks of nobody now.
    holder.withdraw(directory)
    return descriptor
