"""What a collector frees goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHURN = """
import sys, threading
from pathlib import Path
from otel_costing_collector.freed_memory import give_back_freed_memory

def own_mb():
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) / 1024

def churn():
    # Blocks of a few hundred kB, and small ones between them that stay a little longer.
    kept = [(bytes(300_000), bytes(600)) for _ in range(150)]
    del kept

give_back_freed_memory()
before = own_mb()
for _ in range(3):
    threads = [threading.Thread(target=churn) for _ in range(8)]
    [one.start() for one in threads]
    [one.join() for one in threads]
print(own_mb() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory from /proc")
def test_blocks_that_threads_have_freed_are_not_kept() -> None:
    grown_mb = subprocess.run(
        [sys.executable, "-c", CHURN], capture_output=True, text=True, check=True
    ).stdout

    assert float(grown_mb) < 30
