"""One shell that a page's commands run in, as a person would type them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.peers.waiting import until

_END = "end-of-the-output"
_STOP_SECONDS = 30
_SAYS_READY = re.compile(r'"message": "ready"|startup complete| ready\.|^listening', re.MULTILINE)


class Ran(NamedTuple):
    """What a command said, errors too, and its exit status."""

    said: str
    status: int


class Shell:
    """Runs commands one after another. What they left running ends with the block."""

    def __init__(
        self, directory: Path, environment: Mapping[str, str], seconds: float = 300
    ) -> None:
        """Start it; after so many seconds it is ended, whatever runs."""
        self._directory = directory
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._patience = threading.Timer(seconds, self._kill)

    def __enter__(self) -> Self:
        self._patience.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._patience.cancel()
        with suppress(subprocess.TimeoutExpired, OSError, ValueError):
            self._process.communicate("kill $(jobs -p)\nwait\n", timeout=_STOP_SECONDS)
        self._kill()

    def run(self, command: str) -> Ran:
        """Run a command; one that is left running has said that it is ready.

        Raises:
            AssertionError: it never came to its end, or was never ready.
        """
        assert self._process.stdin is not None
        # Nothing may read the commands that come next as its own input.
        self._process.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{_END} %s\\n' $?\n")
        self._process.stdin.flush()
        ran = self._ran()
        if command.endswith("&"):
            self._until_ready(command)
        return ran

    def _ran(self) -> Ran:
        assert self._process.stdout is not None
        lines: list[str] = []
        for line in self._process.stdout:
            if line.startswith(_END):
                return Ran("".join(lines).removesuffix("\n"), int(line.split()[1]))
            lines.append(line)
        raise AssertionError(f"the shell ended:\n{''.join(lines)}\n{self.logs()}")

    def _until_ready(self, command: str) -> None:
        written_to = re.search(r"> (\S+)", command)
        assert written_to, f"nobody can see when this is ready: {command}"
        log = self._directory / written_to[1]
        try:
            until(f"ready, of {command}", lambda: log.is_file() and _is_ready(log), minutes=0.5)
        except AssertionError as never:
            raise AssertionError(f"{never}\n{self.logs()}") from None

    def logs(self) -> str:
        """Return the ends of what was written to logs."""
        return "\n".join(log.read_text()[-2000:] for log in self._directory.glob("*.log"))

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _is_ready(log: Path) -> bool:
    return _SAYS_READY.search(log.read_text()) is not None
