"""A demo that does not come to its end leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from otel_costing.clickhouse.holder import HOLDER_FILE

MARK = "OF_THE_INTERRUPTED_DEMO"
SOON_SECONDS = 60


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found in /proc")
def test_ctrl_c_ends_every_process_of_the_demo(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "otel_costing.cli", "demo", "--directory", str(tmp_path)]
    demo = subprocess.Popen(
        command, env={**os.environ, MARK: str(tmp_path)}, stdout=subprocess.PIPE, text=True
    )
    _wait_for(tmp_path / "ledger" / HOLDER_FILE)
    running = _marked(tmp_path)
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=SOON_SECONDS)

    assert demo.returncode == 1
    assert len(running) > 1
    assert _marked(tmp_path) == []
    assert '"message": "stopped"' in (tmp_path / "logs" / "collector-1.log").read_text()


def _wait_for(path: Path) -> None:
    until_s = time.monotonic() + SOON_SECONDS
    while not path.exists():
        assert time.monotonic() < until_s, f"{path} never came"
        time.sleep(0.05)  # between two looks at another process


def _marked(directory: Path) -> list[str]:
    """Return the processes that were started with a mark in their environment."""
    mark = f"{MARK}={directory}".encode()
    return [
        path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path)
    ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
