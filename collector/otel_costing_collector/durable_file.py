"""A small file that is there whole or not at all, whenever the machine stops."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, or replace it. That its directory has it is durable once that is synced.

    Raises:
        OSError: the disk failed; what was there before stays.
    """
    unfinished = path.with_name(f".{path.name}")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def sync_directory(directory: Path) -> None:
    """Make durable which files a directory has."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
