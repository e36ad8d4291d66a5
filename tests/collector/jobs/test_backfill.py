"""`backfill` from a table in the very directory that a collector holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import killed_backfill
from tests.collector.jobs.conftest import Command, Hold, without_first_line


def test_the_collector_reads_the_table_beside_the_ledger_that_it_holds(
    command: Command, hold: Hold, tmp_path: Path
) -> None:
    directory = tmp_path / "spool-ledger"
    subprocess.run(
        (sys.executable, "-m", "tests.killed_backfill", f"chdb://{directory}?database=traces", "0"),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    hold()
    asked = ("backfill", "--from-otel-traces", "traces.otel_traces", "--dsn", f"chdb://{directory}")
    nothing = command(*asked, "--dry-run", "--format", "json")
    booked = command(*asked, "--format", "json")
    again = without_first_line(command(*asked))

    assert nothing.document["rows"][0]["calls"] == killed_backfill.CALLS
    assert booked.document["billable_calls"] == killed_backfill.CALLS
    assert booked.document["duplicates"] == 0
    assert f"{killed_backfill.CALLS} copies left out" in again.out
    assert again.err == ""
