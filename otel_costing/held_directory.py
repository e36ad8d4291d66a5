"""One process per directory: a lock file that names its holder."""

from __future__ import annotations

import os
from pathlib import Path


class HeldElsewhere(Exception):  # noqa: N818 - it names the state of the directory, and callers catch it as such
    """Another process holds the directory."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by process {holder}")
        self.holder = holder
        """Its process id, or `unknown`."""


def hold(directory: Path, lock_file: str, *, directory_mode: int, file_mode: int) -> int:
    """Make the directory where it is missing, lock it, and return the descriptor that holds it until it is closed.

    Raises:
        OSError: it cannot be made or written.
        HeldElsewhere: another process has it.
    """
    import fcntl  # noqa: PLC0415 - missing on systems that have no chdb either, but may use a server

    directory.mkdir(parents=True, exist_ok=True, mode=directory_mode)
    descriptor = os.open(directory / lock_file, os.O_RDWR | os.O_CREAT, file_mode)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise HeldElsewhere(holder or "unknown") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor
