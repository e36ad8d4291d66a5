"""`python -m tests.benchmarks.peak COMMAND ...`: run `otel-costing COMMAND ...`, then print the most memory it had.

The kernel's account of a child that has ended (`ru_maxrss`) begins with what its parent held when the child was started, so
that a process says its own: `VmHWM`, which begins anew with each program.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from otel_costing.cli.main import main as command


class Ended(NamedTuple):
    """A command that has ended."""

    seconds: float
    """By the clock on the wall, with the start of its process."""
    peak_mb: float


def measured(*arguments: str) -> Ended:
    """Run `otel-costing` with these arguments in a process of its own.

    Raises:
        RuntimeError: it did not leave with status 0; with what it said.
    """
    program = [sys.executable, "-m", "tests.benchmarks.peak", *arguments]
    began_s = time.perf_counter()
    done = subprocess.run(program, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"otel-costing {' '.join(arguments)} failed: {done.stderr.strip()}")
    return Ended(time.perf_counter() - began_s, float(done.stdout.splitlines()[-1]))


def own_peak_mb() -> float:
    """Return the most memory that this process ever had, files that it mapped among it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    try:
        command()
    finally:
        sys.stdout.write(f"\n{own_peak_mb()}\n")
