"""A lock that another thread holds at a fork hangs nobody in the child."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FORKING = """
import os, sys, threading
from otel_costing.receipt import Receipt
from otel_costing.recent_calls import RecentCalls
from otel_costing.started_spans import StartedSpans
from otel_costing.tally import CountedSpans, _TAKING

owners = [Receipt(), RecentCalls(), StartedSpans(), CountedSpans(), _TAKING]
held, done = threading.Event(), threading.Event()

def hold():
    for owner in owners:
        owner._lock.acquire()
    held.set()
    done.wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    os._exit(0 if all(owner._lock.acquire(timeout=2) for owner in owners) else 1)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_takes_every_lock_that_was_held_elsewhere() -> None:
    forked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING],
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert forked.returncode == 0, forked.stderr.decode()
