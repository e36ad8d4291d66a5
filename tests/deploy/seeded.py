"""A ledger of two teams that call each other, made by a process of its own: chdb keeps one directory in a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from tests.calls import batch, entry, hex_id, skeleton

OURS = Attribution(team="research")
THEIRS = Attribution(team="platform")
FOR_US = Attribution(team="platform", origin_team="research", origin_source="baggage")
FOR_THEM = Attribution(team="research", origin_team="platform", origin_source="baggage")
_CALLS = (OURS, THEIRS, FOR_US, FOR_THEM, THEIRS, THEIRS)
"""Each in a trace of its own; the root of the fifth is of `research`, that of the sixth of `platform`."""
VISIBLE_TO_RESEARCH = 4
"""Its own, for itself and for others; what others ran for it, said by baggage or known by the root."""


def seed(directory: Path) -> None:
    """Make it, in another process."""
    subprocess.run([sys.executable, "-m", __name__, str(directory)], check=True, timeout=60)


def _make(directory: str) -> None:
    traces = [hex_id(n, 32) for n in range(len(_CALLS))]
    calls = [
        entry(n, attribution=who, trace=trace)
        for n, (who, trace) in enumerate(zip(_CALLS, traces, strict=True))
    ]
    roots = [
        skeleton(90, trace=traces[4], attribution=OURS),
        skeleton(91, trace=traces[5], attribution=THEIRS),
    ]
    with Store.open(f"chdb://{directory}") as store:
        store.book(batch(calls, roots))
        store.rebuild_rollups()


if __name__ == "__main__":
    _make(sys.argv[1])
