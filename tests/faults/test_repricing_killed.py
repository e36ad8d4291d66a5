"""A repricing that is killed at random moments, and run again, posts what one that lived would have posted.

`OTEL_COSTING_KILLS` says how often it dies; `make test-faults` asks for fifty.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from otel_costing.batch import batch_of
from tests.calls import NOON, SECOND
from tests.faults.kills import KILLS
from tests.killed_repricing import CALLS, spans
from tests.repriced_books import growing_books
from tests.unmeasured import unmeasured

_FILL = """
import sys
from pathlib import Path
from otel_costing.rates import RateBook
from tests.killed_repricing import fill
fill(sys.argv[1], RateBook.load(Path(sys.argv[2]))[0])
"""


def test_every_call_is_charged_once_at_its_rate_whenever_it_was_killed(tmp_path: Path) -> None:
    *_, known, corrected = growing_books(tmp_path / "books")
    dsn = f"chdb://{tmp_path / 'ledger'}"
    moments = random.Random(7)  # noqa: S311 - the same moments each time
    run("-c", _FILL, dsn, str(tmp_path / "books" / "2"))

    for _ in range(min(KILLS, 20)):
        dead = repriced(dsn, moments.randint(1, 12), tmp_path / "books" / "3")
        assert dead.returncode in {-signal.SIGKILL, 0}
    net, ((charges, reversals, copies),) = held(repriced(dsn, 0, tmp_path / "books" / "3"))

    assert (charges, reversals, copies) == (2 * CALLS, CALLS, 0)
    assert {(calls, Decimal(usd)) for _, calls, usd in net} == {
        (1, one.total_usd) for one in batch_of(spans(), corrected, NOON + 3_600 * SECOND).entries
    }
    assert known.digest != corrected.digest


def repriced(dsn: str, insert: int, tables: Path) -> subprocess.CompletedProcess[str]:
    """Run one, that dies at an insert, or lives."""
    program = [sys.executable, "-m", "tests.killed_repricing", dsn, str(insert), str(tables)]
    return subprocess.run(program, capture_output=True, text=True, check=False, env=unmeasured())


def held(ended: subprocess.CompletedProcess[str]) -> Any:
    """Return what the ledger held then."""
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stderr.splitlines()[-1])


def run(*program: str) -> None:
    """Run Python to its end."""
    subprocess.run([sys.executable, *program], check=True, env=unmeasured())
