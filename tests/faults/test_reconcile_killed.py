"""A posting that is killed at any moment is completed by the next one, to the same entries."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from tests.faults.kills import KILLS
from tests.unmeasured import unmeasured

ROOT = Path(__file__).parent.parent.parent
SOONEST_S, LATEST_S = 0.0, 1.5
"""After the process is ready: from before anything is decided to after all is booked."""


def posted(ledger: Path, seconds: float) -> list[list[object]] | None:
    """Post in a process that is killed after so long, and return what is in the ledger; None where it died."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.killed_reconcile",
            f"chdb://{ledger}/ledger",
            str(ledger),
            f"{seconds:.3f}" if seconds else "0",
        ],
        cwd=ROOT,
        env=unmeasured(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, -9}, done.stderr.decode()
    if done.returncode:
        return None
    entries: list[list[object]] = json.loads(done.stdout.splitlines()[-1])
    return entries


def test_killed_postings_come_to_those_of_one_that_lived(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    moments = random.Random(7)  # noqa: S311 - moments to die at
    for _ in range(1 + KILLS // 3):
        posted(killed, moments.uniform(SOONEST_S, LATEST_S) or SOONEST_S)

    expected = posted(whole, 0)
    assert posted(killed, 0) == expected
    assert expected is not None
    assert len(expected) == 36
