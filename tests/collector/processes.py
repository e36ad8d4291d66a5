"""A collector in a process of its own, as it is run."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.unmeasured import unmeasured

COMMAND = (sys.executable, "-m", "otel_costing_collector")
DOORS = tuple(f"--set={door}.address=127.0.0.1:0" for door in ("grpc", "http", "admin", "sql"))


def places(directory: Path) -> tuple[str, ...]:
    """Return the settings of a spool, and of a ledger beside it that nothing is booked into before the stop."""
    return (
        f"--set=spool.directory={directory}",
        f"--set=store.dsn=chdb://{directory}-ledger",
        "--set=booking.linger_seconds=9999",
    )


class Process:
    """A collector in a process of its own, so that its memory is its own."""

    def __init__(self, directory: Path, *arguments: str, within: tuple[str, ...] = ()) -> None:
        """Start it; `within` is a program that runs it, and what that program is told first."""
        self.process = subprocess.Popen(
            [*within, *COMMAND, *DOORS, *places(directory), *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env=unmeasured(),
        )
        ready = self.says("ready")
        self.grpc, self.http, self.admin = ready["grpc"], ready["http"], ready["admin"]
        self.sql = ready["sql"]

    def says(self, message: str) -> dict[str, Any]:
        """Read the log up to the line with this message."""
        assert self.process.stderr is not None
        said: list[str] = []
        for line in self.process.stderr:
            fields: dict[str, Any] = json.loads(line)
            if fields["message"] == message:
                return fields
            said.append(line)
        raise AssertionError(f"it never said {message!r}, but {said}")

    def memory(self, name: str) -> int:
        """Return `VmRSS`, now, or `VmHWM`, the most so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{name}:")[1].split()[0]) * 1024

    def metric(self, name: str) -> float:
        """Return what a metric without labels says."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=30)
        connection.request("GET", "/metrics")
        said = connection.getresponse().read().decode()
        connection.close()
        return float(said.split(f"\notel_costing_{name} ")[1].split()[0])

    def until_booked(self, seconds: float) -> None:
        """Wait until nothing is left in its spool."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            if not self.metric("spool_requests"):
                return
            time.sleep(0.1)  # between two looks at another process
        raise AssertionError("it never booked everything")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def stop(self) -> int:
        """End it in the ordinary way, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.returncode

    def kill(self) -> None:
        """End it as a power cut ends a process."""
        self.process.kill()
        self.process.communicate(timeout=30)
