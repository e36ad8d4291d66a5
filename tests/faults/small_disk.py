"""A disk of a few megabytes that only the processes of one namespace see, where this machine lets one be made."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_BALLAST = "ballast"


class SmallDisk:
    """A file system of its own, mounted over `directory` for the processes that run `within` it."""

    def __init__(self, directory: Path, keeper: int) -> None:
        """Take a mounted one.

        Args:
            directory: where it is, for those within.
            keeper: the process that keeps it.
        """
        self.directory = directory
        self.within = (
            "nsenter",
            f"--target={keeper}",
            "--user",
            "--mount",
            "--preserve-credentials",
        )
        self._seen = Path(f"/proc/{keeper}/root") / directory.relative_to("/")

    def fill(self) -> None:
        """Put a file there that leaves no room."""
        with (self._seen / _BALLAST).open("wb", buffering=0) as ballast:
            try:
                while ballast.write(bytes(4096)):
                    pass
            except OSError:
                return

    def empty(self) -> None:
        """Take that file away."""
        (self._seen / _BALLAST).unlink()


@contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Make a disk; the test is skipped where that is not permitted."""
    directory.mkdir()
    mount = f'mount -t tmpfs -o size={megabytes}m tmpfs "$0" && echo mounted && cat'
    keeper = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        if keeper.stdout.readline() != "mounted\n":
            pytest.skip("this machine does not permit a file system of one's own")
        yield SmallDisk(directory, keeper.pid)
    finally:
        keeper.stdin.close()
        keeper.wait()
        keeper.stdout.close()
