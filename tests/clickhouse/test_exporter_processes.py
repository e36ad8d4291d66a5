"""The exporter and real processes: a fork, and a ledger that somebody else holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = str(Path(__file__).with_name("exporting.py"))
TIMEOUT_S = 60


def test_in_a_forked_child_it_fails_at_once_and_the_parent_goes_on(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, PROGRAM, str(tmp_path), "forks"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )

    assert ran.stdout.splitlines() == ["SUCCESS", "child FAILURE FAILURE", "SUCCESS"]
    assert ran.stderr.count("WARNING") == 1, ran.stderr
    assert "is off: it was made before this process was forked" in ran.stderr
    assert ran.returncode == 0


def test_a_ledger_that_another_process_holds_is_said_once_with_its_number(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, PROGRAM, str(tmp_path), "holds"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "SUCCESS\n"
        asked = subprocess.run(
            [sys.executable, PROGRAM, str(tmp_path), "asks"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        holder.communicate(timeout=TIMEOUT_S)

    assert asked.stdout.split() == ["FAILURE"] * 3
    assert asked.stderr.count("WARNING") == 1, asked.stderr
    assert f"is held by process {holder.pid};" in asked.stderr
    assert (asked.returncode, holder.returncode) == (0, 0)
