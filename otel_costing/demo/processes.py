"""Starts processes of the demo, tells when they answer, and stops every one of them."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from otel_costing.demo.environment import HEALTH_PATH

HOST = "127.0.0.1"
STOP_SECONDS = 20.0
"""To drain, to flush what is left to export, and to exit."""
LOG_TAIL_CHARACTERS = 2000


class DemoError(Exception):
    """Something the demo needs did not work; the message says what, with the end of its log."""


class Listener:
    """A loopback socket that listens on a port of the system's choice, before anyone serves on it.

    Requests that come before the process is up wait in the socket's queue: no port is ever guessed,
    lost to somebody else, or polled.
    """

    def __init__(self) -> None:
        self.socket = socket.create_server((HOST, 0))
        self.url = f"http://{HOST}:{self.socket.getsockname()[1]}"


@dataclass(frozen=True, slots=True)
class Process:
    """A running process of the demo."""

    name: str
    log: Path
    popen: subprocess.Popen[bytes]

    def ask_to_stop(self) -> None:
        """Tell the process to finish what it has, and return at once."""
        self.popen.terminate()

    def wait_stopped(self) -> None:
        """Return when the process has ended; DemoError unless soon and with exit status 0."""
        try:
            status = self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.popen.kill()
            raise self.failed(f"did not stop within {STOP_SECONDS} s") from error
        if status != 0:
            raise self.failed(f"ended with exit status {status}")

    def let_finish(self) -> None:
        """Tell the process to finish what it has, and give it the time to, however it ends."""
        self.popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(STOP_SECONDS)

    def failed(self, what: str) -> DemoError:
        """End the process; return the error that says `what` went wrong, and the end of its log."""
        # An exception is logged after the answer it spoils: only an ended process has a whole log.
        self.let_finish()
        log = self.log.read_text(errors="replace")[-LOG_TAIL_CHARACTERS:].strip()
        return DemoError(f"{self.name} {what}; the logs are in {self.log.parent}\n{log}".strip())


@dataclass(frozen=True, slots=True)
class Service(Process):
    """A process that serves on a socket it was handed."""

    url: str

    def wait_ready(self, deadline: float) -> None:
        """Return when the process answers; DemoError if it ends, or is silent at `deadline`.

        `deadline` is an instant of `time.monotonic()`, in seconds.
        """
        timeout_seconds = max(0.0, deadline - time.monotonic())
        try:
            health = httpx2.get(self.url + HEALTH_PATH, timeout=timeout_seconds, trust_env=False)
        except httpx2.TransportError as error:
            raise self.failed("did not come up") from error
        if health.status_code != httpx2.codes.OK:
            raise self.failed(f"answered its health check with {health.status_code}")


@contextmanager
def serving(
    name: str, listener: Listener, environment: Mapping[str, str], log: Path
) -> Iterator[Service]:
    """Run module `otel_costing.demo.NAME` on `listener`; whatever happens, it is gone afterwards."""
    with listener.socket:
        fd = listener.socket.fileno()
        with running(name, ("--fd", str(fd)), environment, log, fds=(fd,)) as process:
            # Only the child may hold the socket now: if it dies, whoever waits for it learns at once.
            listener.socket.close()
            yield Service(name, log, process.popen, listener.url)


@contextmanager
def running(
    name: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    fds: Sequence[int] = (),
) -> Iterator[Process]:
    """Run module `otel_costing.demo.NAME`, which may have `fds` of ours; whatever happens, it is gone afterwards."""
    with ExitStack() as stack:
        output = stack.enter_context(log.open("wb"))
        started = subprocess.Popen(  # noqa: S603  # our own module, our own interpreter
            [sys.executable, "-m", f"otel_costing.demo.{name}", *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=fds,
            env=environment,
            # Ctrl-C is for the demo, which then stops its processes in order.
            start_new_session=True,
        )
        popen = stack.enter_context(started)
        stack.callback(popen.kill)
        yield Process(name, log, popen)
